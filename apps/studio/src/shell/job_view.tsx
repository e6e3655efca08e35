// How far a job is, in words and as a bar, with the button that ends it.
import { Label, ProgressBar } from "react-aria-components";
import { type FollowedJob, is_over } from "../api/job";
import { Notice } from "./parts";

const states: Record<string, string> = { queued: "waits for its turn", running: "runs", done: "is done", failed: "failed", cancelled: "was cancelled" };

export function JobView({ followed, what }: { followed: FollowedJob; what: string }) {
  const { job, error, lines, cancel } = followed;
  if (!job) return error ? <Notice>{what} could not start: {error}.</Notice> : null;
  const over = is_over(job);
  const share = job.total && job.done !== undefined ? (100 * job.done) / job.total : null;
  const count = job.total ? `${job.done ?? 0} of ${job.total}${job.unit ? ` ${job.unit}` : ""}` : "";
  return (
    <div className="job">
      {!over && (
        <ProgressBar className="progress" value={share ?? 0} isIndeterminate={share === null} {...(count ? { valueLabel: count } : {})}>
          {({ percentage, valueText }) => (
            <>
              <Label>
                {what} {states[job.state]}
                {job.stage ? `: ${job.stage}` : ""}
              </Label>
              <span className="note">{share === null ? "" : valueText}</span>
              <div className="bar">
                <div style={{ width: `${percentage ?? 0}%` }} />
              </div>
            </>
          )}
        </ProgressBar>
      )}
      <p className="unseen" role="status">
        {over || job.state === "queued" ? `${what} ${states[job.state]}.` : `${what} ${states[job.state]}${job.stage ? `: ${job.stage}` : ""}.`}
      </p>
      {job.state === "failed" && <Notice>{what} failed: {job.error ?? job.message ?? "no reason was given"}</Notice>}
      {job.state === "cancelled" && <p className="note">{what} was cancelled. Started again, it goes on where it stopped.</p>}
      {job.state === "done" && (
        <p className="done">
          {what} is done.
        </p>
      )}
      {error && <Notice>Its progress cannot be read just now: {error}.</Notice>}
      {!over && (
        <p className="actions">
          <button type="button" className="button small" onClick={() => void cancel()}>
            Cancel
          </button>
        </p>
      )}
      {lines.length > 0 && (
        <details>
          <summary>What it said</summary>
          <pre tabIndex={0}>{lines.join("\n")}</pre>
        </details>
      )}
    </div>
  );
}
