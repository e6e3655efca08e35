// The playground as something to take away: a request for the shell or for Python, and a page that stands alone.
import type { ModelInfo } from "../api/types";
import { differing_words } from "./diff";
import { arm_meanings, arm_names, difference, type Settings, target_words } from "./settings";
import type { Turn, Wish } from "./request";

const quoted_for_shell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function whole(wish: Wish): Record<string, unknown> {
  const { stream: _stream, ...body } = wish.body;
  return body;
}

/// `keyed`: the server wants a key, which the reader puts into AXIA_KEY.
export function as_curl(wishes: readonly Wish[], origin: string, keyed: boolean): string {
  return wishes
    .map((wish) =>
      [
        `curl ${origin}/v1/chat/completions`,
        `  -H 'Content-Type: application/json'`,
        ...(keyed ? [`  -H "Authorization: Bearer $AXIA_KEY"`] : []),
        `  -d ${quoted_for_shell(JSON.stringify(whole(wish), null, 2))}`,
      ].join(" \\\n"),
    )
    .join("\n\n");
}

/// JSON as a Python literal.
export function python_literal(value: unknown, indent = 0): string {
  const inner = " ".repeat(indent + 4);
  const outer = " ".repeat(indent);
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number" || typeof value === "string") return JSON.stringify(value); // JSON's escapes are Python's too
  const items = Array.isArray(value)
    ? value.map((one) => python_literal(one, indent + 4))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${python_literal(one, indent + 4)}`);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  const line = `${open}${items.join(", ")}${close}`;
  return line.length <= 76 && !line.includes("\n") ? line : `${open}\n${items.map((one) => `${inner}${one},\n`).join("")}${outer}${close}`;
}

export function as_python(wishes: readonly Wish[], origin: string, keyed: boolean): string {
  const client = `client = OpenAI(base_url=${JSON.stringify(`${origin}/v1`)}, api_key=${keyed ? 'os.environ["AXIA_KEY"]' : '"none"'})`;
  const calls = wishes.map((wish) => {
    const { axia, ...body } = whole(wish);
    const named = { model: "axia", ...body };
    const fields = Object.entries(named).map(([name, value]) => `    ${name}=${python_literal(value, 4)},`);
    if (axia) fields.push(`    extra_body={"axia": ${python_literal(axia, 4)}},`);
    return `answer = client.chat.completions.create(\n${fields.join("\n")}\n)\nfor choice in answer.choices:\n    print(choice.model_extra["axia"].get("arm"), choice.message.content, sep="\\n", end="\\n\\n")`;
  });
  return `${keyed ? "import os\n\n" : ""}from openai import OpenAI\n\n${client}\n${calls.join("\n\n")}\n`;
}

const signs: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => signs[sign]!);
}

const style = `:root{color-scheme:light dark;--ink:#1c1d20;--muted:#5d5f66;--ground:#fbfaf7;--raised:#fff;--rule:#e4e1d9;--plan:#0b6560;--tint:#e6f0ee}
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--muted:#a2a5ab;--ground:#131518;--raised:#1b1e22;--rule:#2b2f34;--plan:#6fd1c7;--tint:#17302e}}
*{box-sizing:border-box}body{max-width:76rem;margin:0 auto;padding:2rem clamp(1rem,4vw,2.5rem) 4rem;background:var(--ground);color:var(--ink);font:1rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere}
h1,h2{font-family:Georgia,serif;font-weight:500;line-height:1.2}h2{margin:2.5rem 0 1rem;font-size:1.35rem}h3{margin:0;font-size:.95rem}
.columns{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(17rem,100%),1fr))}.column{padding:1rem;border:1px solid var(--rule);border-radius:6px;background:var(--raised)}
.column p{white-space:pre-wrap}.small{color:var(--muted);font-size:.85rem}mark{background:var(--tint);color:inherit;border-bottom:2px solid var(--plan)}
dl{display:grid;grid-template-columns:minmax(7rem,auto) 1fr;gap:.3rem 1.5rem;font-size:.9rem}dt{color:var(--muted)}dd{margin:0}`;

/// One HTML page without script or anything from elsewhere. `made` is a moment in words.
export function as_report(settings: Settings, turns: readonly Turn[], model: ModelInfo | null, made: string): string {
  const plans = [...new Set(turns.flatMap((turn) => turn.arms.map((arm) => turn.answers[arm]?.note?.plan)).filter((plan) => plan && plan !== "none"))];
  const facts: [string, string][] = [
    ["Model", model ? `${model.name}, SHA-256 ${model.hash}` : "not known"],
    ["Values", Object.entries(settings.steer).map(([value, target]) => `${value} ${target_words(target)}`).join("; ") || "none"],
    ["Plan", settings.plan || "made from the values"],
    ["Plan hash", plans.join(", ") || "none: nothing was steered"],
    ["Seed", String(settings.seed)],
    ["Temperature", String(settings.temperature)],
    ["axia", model?.version ?? "not known"],
    ["Made", made],
    ["Settings", JSON.stringify(difference(settings))],
  ];
  const column = (turn: Turn, arm: Turn["arms"][number]): string => {
    const answer = turn.answers[arm];
    const base = turn.answers.unsteered;
    const pieces = answer && base && arm !== "unsteered" ? differing_words(base.text, answer.text) : [{ text: answer?.text ?? "", differs: false }];
    const text = pieces.map((piece) => (piece.differs ? `<mark>${escaped(piece.text)}</mark>` : escaped(piece.text))).join("");
    const ended = answer?.error ?? (answer?.finish === "length" ? "cut at the most tokens allowed" : "");
    return `<section class="column"><h3>${escaped(arm_names[arm])}</h3><div class="small">${escaped(arm_meanings[arm])}</div><p>${text}</p>${ended ? `<div class="small">${escaped(ended)}</div>` : ""}</section>`;
  };
  const body = turns.map((turn) => `<h2>${escaped(turn.question)}</h2>\n<div class="columns">${turn.arms.map((arm) => column(turn, arm)).join("\n")}</div>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Side by side: axia studio</title><style>${style}</style></head>
<body><h1>Side by side</h1>
<p class="small">The same questions to one model under several arms, with the same seed. Marked words differ from the unsteered answer. A single conversation shows what happened here, not how large an effect is: that takes axia effect or axia measure.</p>
${body.join("\n")}
<h2>Where it comes from</h2>
<dl>${facts.map(([name, fact]) => `<dt>${escaped(name)}</dt><dd>${escaped(fact)}</dd>`).join("")}</dl>
</body></html>
`;
}
