// The values in the order of their circle, and how well each is read.
import { percent, percent_range } from "@report/format";
import type { Value, VectorInfo } from "../api/types";

export function vector_of(vectors: readonly VectorInfo[], value: string): VectorInfo | null {
  const own = vectors.filter((one) => one.value === value);
  return own.find((one) => one.context === "chat") ?? own[0] ?? null;
}

interface ValueTableProps {
  values: readonly Value[];
  vectors: readonly VectorInfo[];
  chosen: string;
  choose: (value: string) => void;
}

export function ValueTable({ values, vectors, chosen, choose }: ValueTableProps) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Values of this model">
      <table className="value-table">
        <caption className="unseen">Values in the order of their circle, what is learnt of them and how well the chosen layer reads them</caption>
        <thead>
          <tr>
            <th scope="col">Value</th>
            <th scope="col">Group</th>
            <th scope="col" className="numeric">
              Held-out pairs told apart<span className="unit">chosen layer, 95 % interval</span>
            </th>
            <th scope="col" className="numeric">
              Shuffled labels<span className="unit">50 % is chance</span>
            </th>
            <th scope="col" className="numeric">
              Chosen layer
            </th>
            <th scope="col">
              <span className="unseen">What can be done</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {values.map((value) => {
            const vector = vector_of(vectors, value.name);
            const best = vector?.layers.find((one) => one.layer === vector.best_layer);
            const title = value.title ?? value.name;
            return (
              <tr key={value.name} className={value.name === chosen ? "chosen" : undefined}>
                <th scope="row">
                  {title}
                  {value.definition && <span className="item-text">{value.definition}</span>}
                </th>
                <td>{(value.group ?? "").replaceAll("-", " ")}</td>
                <td className="numeric">{best ? `${percent(best.paired)} [${percent_range(best.paired_ci)}]` : value.learnt ? "not measured" : "not learnt yet"}</td>
                <td className="numeric">{best ? percent(best.shuffled) : "\u2013"}</td>
                <td className="numeric">{best ? best.layer : "\u2013"}</td>
                <td className="brief">
                  <button type="button" className="button small" aria-pressed={value.name === chosen} aria-label={`${value.learnt ? "Look at" : "Learn"} ${title}`} onClick={() => choose(value.name)}>
                    {value.learnt ? "Look at" : "Learn"}
                  </button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
