// How alike the directions of the values are at a layer.
import { num } from "@report/format";
import { useResource } from "../api/resource";
import type { Similarity, ValueList } from "../api/types";
import { Notice } from "../shell/parts";

export function SimilarityTable() {
  const { data, error, reload } = useResource<Similarity>("/axia/vectors/similarity?context=chat");
  const list = useResource<ValueList>("/axia/values");
  if (error) return <Notice again={reload}>The similarities could not be read: {error}.</Notice>;
  if (!data) return null;
  const place = new Map((list.data?.values ?? []).map((value) => [value.name, value.order ?? 0]));
  const order = data.values.map((_, i) => i).sort((a, b) => (place.get(data.values[a]!) ?? Infinity) - (place.get(data.values[b]!) ?? Infinity));
  return (
    <>
      <p>
        Cosine between the directions of two values at layer {data.layer}: 1 the same, 0 independent, below 0 opposed. Where two values are alike, holding one moves the other too. On the circle,
        neighbours should be more alike than opposites.
      </p>
      <div className="scroll" tabIndex={0} role="region" aria-label="Similarity of values">
        <table className="similarity">
          <caption className="unseen">Cosine between the directions of two values at layer {data.layer}</caption>
          <thead>
            <tr>
              <th scope="col">Value</th>
              {order.map((i) => (
                <th scope="col" key={i}>
                  <span>{data.values[i]}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {order.map((i) => (
              <tr key={i}>
                <th scope="row">{data.values[i]}</th>
                {order.map((j) => {
                  const cosine = data.cosine[i]![j]!;
                  return (
                    <td key={j} className={`numeric ${cosine < 0 ? "low" : "high"}`} style={{ "--share": `${Math.min(40, Math.abs(cosine) * 55).toFixed(0)}%` } as React.CSSProperties}>
                      {num(cosine)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
