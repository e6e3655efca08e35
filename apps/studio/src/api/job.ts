// A job of the server: started, followed over its events, cancelled.
import { useEffect, useRef, useState } from "react";
import { call, message_of, post, stream } from "./client";
import type { FrontierPoint, Job } from "./types";

export interface FollowedJob {
  job: Job | null;
  points: FrontierPoint[];
  lines: string[];
  error: string | null;
  start: (request: Record<string, unknown>) => Promise<void>;
  follow: (id: string) => void;
  cancel: () => Promise<void>;
  forget: () => void;
}

export const is_over = (job: Job | null): boolean => job !== null && ["done", "failed", "cancelled"].includes(job.state);

const most_lines = 200;

/// A plan measured again, on more pairs, takes the place of its earlier point.
export function with_point(points: readonly FrontierPoint[], point: FrontierPoint): FrontierPoint[] {
  return [...points.filter((one) => one.label === undefined || one.label !== point.label), point];
}

/// `ended` is called once with a job that ended while it was followed.
export function useJob(ended?: (job: Job) => void): FollowedJob {
  const [id, set_id] = useState<string | null>(null);
  const [job, set_job] = useState<Job | null>(null);
  const [points, set_points] = useState<FrontierPoint[]>([]);
  const [lines, set_lines] = useState<string[]>([]);
  const [error, set_error] = useState<string | null>(null);
  const at_end = useRef(ended);
  at_end.current = ended;

  useEffect(() => {
    if (id === null) return;
    const control = new AbortController();
    void (async () => {
      let last = null as Job | null;
      for (let tries = 0; tries < 5 && !is_over(last) && !control.signal.aborted; ++tries) {
        try {
          if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 1000));
          for await (const { event, data } of stream(`/axia/jobs/${encodeURIComponent(id)}/events`, { signal: control.signal })) {
            tries = 0;
            const said = JSON.parse(data) as Record<string, unknown>;
            if (event === "state") last = said as unknown as Job;
            else if (event === "progress" && last) last = { ...last, ...said } as Job;
            else if (event === "result" && last) last = { ...last, result: (said["result"] as unknown) ?? said };
            else if (event === "point") set_points((all) => with_point(all, said as unknown as FrontierPoint));
            else if (event === "line") set_lines((all) => [...all, String(said["line"] ?? "")].slice(-most_lines));
            set_job(last);
          }
          if (!is_over(last)) last = (await (await call(`/axia/jobs/${encodeURIComponent(id)}`, { signal: control.signal })).json()) as Job;
          set_job(last);
          set_error(null);
        } catch (problem) {
          if (!control.signal.aborted) set_error(message_of(problem));
        }
      }
      if (last && is_over(last) && !control.signal.aborted) at_end.current?.(last);
    })();
    return () => control.abort();
  }, [id]);

  const follow = (next: string | null): void => {
    set_points([]);
    set_lines([]);
    set_error(null);
    set_job(null);
    set_id(next);
  };
  return {
    job,
    points,
    lines,
    error,
    follow,
    start: async (request) => {
      try {
        const made = await post<Job>("/axia/jobs", request);
        follow(made.id);
        set_job(made);
      } catch (problem) {
        set_error(message_of(problem));
      }
    },
    cancel: async () => {
      if (!job) return;
      try {
        await call(`/axia/jobs/${encodeURIComponent(job.id)}`, { method: "DELETE" });
      } catch (problem) {
        set_error(message_of(problem));
      }
    },
    forget: () => follow(null),
  };
}
