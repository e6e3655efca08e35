// The frame of every page: head line, pages by the hash, the question for a key.
import { lazy, Suspense, useEffect, useRef } from "react";
import { useResource, useRoute } from "./api/resource";
import type { ModelInfo } from "./api/types";
import { PlaygroundPage } from "./playground/page";
import { KeyDialog } from "./shell/key_dialog";
import { ThemeSwitch } from "./shell/theme";

const ValuesPage = lazy(() => import("./values/page"));
const MeasurePage = lazy(() => import("./measure/page"));

const pages = [
  { name: "playground", title: "Playground" },
  { name: "values", title: "Values" },
  { name: "measure", title: "Measure" },
] as const;

function Head({ page }: { page: string }) {
  const model = useResource<ModelInfo>("/axia/model");
  return (
    <header className="head">
      <a className="skip" href="#main" onClick={(event) => (event.preventDefault(), document.getElementById("main")?.focus())}>
        Skip to the page
      </a>
      <p className="brand">
        <span className="mark">axia</span> studio
      </p>
      <nav aria-label="Pages">
        <ul>
          {pages.map((one) => (
            <li key={one.name}>
              <a href={`#/${one.name}`} aria-current={one.name === page ? "page" : undefined}>
                {one.title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <p className="model" title={model.data?.hash}>
        {model.data ? model.data.name : model.error ? "model not known" : "\u00a0"}
      </p>
      <ThemeSwitch />
    </header>
  );
}

export function App() {
  const { page, query } = useRoute();
  const known = pages.find((one) => one.name === page);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${known?.title ?? "Not here"}: axia studio`;
    if (!first.current) main.current?.focus({ preventScroll: true });
    if (!first.current) scrollTo(0, 0);
    first.current = false;
  }, [known]);
  return (
    <>
      <Head page={page} />
      <main id="main" tabIndex={-1} ref={main} className={`page-${page}`}>
        {/* it keeps its conversation while other pages are shown */}
        <div hidden={page !== "playground"}>
          <PlaygroundPage query={page === "playground" ? query : null} />
        </div>
        <Suspense fallback={<p className="waiting">Loading this page...</p>}>
          {page === "values" && <ValuesPage query={query} />}
          {page === "measure" && <MeasurePage query={query} />}
        </Suspense>
        {!known && (
          <div className="narrow">
            <h1>Not here</h1>
            <p>
              The studio has no page of this name. <a href="#/playground">Go to the playground</a>.
            </p>
          </div>
        )}
      </main>
      <KeyDialog />
    </>
  );
}
