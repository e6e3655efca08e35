// What this model has learnt, how well, and how to learn and tune more.
import "@report/style/measures.css";
import "./values.css";
import { useCallback, useEffect, useRef } from "react";
import { useResource } from "../api/resource";
import type { PlanInfo, ValueList, VectorInfo } from "../api/types";
import { Drawn, Notice } from "../shell/parts";
import { Describe } from "./about";
import { layers_chart } from "./charts";
import { LearnKnown, LearnNew } from "./learn";
import { SimilarityTable } from "./similarity";
import { ValueTable, vector_of } from "./table";
import { Tune } from "./tune";
import { percent, percent_range } from "@report/format";

function Result({ vector, title }: { vector: VectorInfo; title: string }) {
  const best = vector.layers.find((one) => one.layer === vector.best_layer);
  const make = useCallback(() => layers_chart(vector), [vector]);
  const chance = best?.paired_ci ? best.paired_ci[0] <= 0.5 : false;
  return (
    <>
      {best && (
        <p>
          At layer {best.layer}, chosen on the learning pairs alone, the probe tells {percent(best.paired)} of the held-out pairs apart (95 % interval {percent_range(best.paired_ci)})
          {vector.pairs?.held_out ? `, ${vector.pairs.held_out} pairs` : ""}. {chance ? `The interval reaches chance: ${title} is not surely found here; more pairs would tell.` : "That is better than chance."} Learnt
          from shuffled labels the same layer reads {percent(best.shuffled)}
          {typeof vector.bag_of_words === "number" ? `; single words alone would tell ${percent(vector.bag_of_words)} of the texts apart` : ""}. A good reading shows where the value can be seen, not yet where a push has an effect: tuning tries that.
        </p>
      )}
      <Drawn make={make} />
      <p className="note">
        Vector <code>{vector.hash.slice(0, 12)}</code>, texts in the context {vector.context}
        {vector.pairs?.learn ? `, learnt from ${vector.pairs.learn} pairs` : ""}
        {vector.gate ? `; its gate reads layer ${vector.gate.layer} and opens by mistake on at most ${percent(vector.gate.alpha)} of everyday requests` : ""}.
      </p>
    </>
  );
}

export default function ValuesPage({ query }: { query: URLSearchParams }) {
  const values = useResource<ValueList>("/axia/values");
  const vectors = useResource<{ vectors: VectorInfo[] }>("/axia/vectors");
  const plans = useResource<{ plans: PlanInfo[] }>("/axia/plans");
  const sorted = values.data?.values ?? []; // in the order of the circle
  const wished = query.get("value") ?? query.get("learn") ?? "";
  const chosen = sorted.find((one) => one.name === wished) ?? null;
  const detail = useRef<HTMLElement>(null);
  useEffect(() => {
    if (chosen) detail.current?.focus();
  }, [chosen?.name]);
  const vector = chosen ? vector_of(vectors.data?.vectors ?? [], chosen.name) : null;
  const title = chosen?.title ?? chosen?.name ?? "";
  return (
    <div className="narrow values-page">
      <h1>Values</h1>
      <p className="lead">What this model shows of each value, layer by layer, and what can be held.</p>
      {values.error && <Notice again={values.reload}>The values could not be read: {values.error}.</Notice>}
      {vectors.error && <Notice again={vectors.reload}>What is learnt could not be read: {vectors.error}.</Notice>}
      {!values.data && !values.error && <p className="waiting">Reading...</p>}
      {values.data && <ValueTable values={sorted} vectors={vectors.data?.vectors ?? []} chosen={chosen?.name ?? ""} choose={(name) => (location.hash = `#/values?value=${encodeURIComponent(name)}`)} />}
      {chosen && (
        <section className="detail" ref={detail} tabIndex={-1} aria-labelledby="detail-title" key={chosen.name}>
          <h2 id="detail-title">{title}</h2>
          <p className="meaning">{chosen.definition}</p>
          {chosen.own && <Describe value={chosen} values={sorted} />}
          {vector && <Result vector={vector} title={title} />}
          {!chosen.learnt && <p>This model has not learnt {title} yet: until then it can be neither read nor held.</p>}
          <LearnKnown value={chosen.name} title={title} own={chosen.own ?? false} again={chosen.learnt} />
          {chosen.learnt && (
            <>
              <h3>Find the best plan</h3>
              <Tune value={chosen.name} title={title} has_plan={plans.data?.plans.some((plan) => plan.name === chosen.name) ?? false} />
            </>
          )}
        </section>
      )}
      {sorted.some((one) => one.learnt) && (
        <section aria-labelledby="alike-title">
          <h2 id="alike-title">How alike they are</h2>
          <SimilarityTable />
        </section>
      )}
      <section aria-labelledby="new-title">
        <h2 id="new-title">Learn a value of your own</h2>
        <LearnNew wished={chosen || !wished ? "" : wished} values={sorted} />
      </section>
    </div>
  );
}
