// Every arm against the baseline, paired over items.
import { datum, p, section } from "../dom";
import { is_number } from "../format";
import type { Difference, Measures } from "./data";
import { sheet, type SheetColumn } from "./sheet";
import { difference_sentence, p_text, shown } from "./words";

const columns: SheetColumn<Difference>[] = [
  { head: "Arm", cell: (one) => datum(one.arm), key: (one) => one.arm },
  { head: "Value", cell: (one) => datum(one.value), key: (one) => one.value },
  { head: "Shift", numeric: true, cell: (one) => shown(one.shift, 3), key: (one) => one.shift.value ?? null },
  { head: "p", numeric: true, cell: (one) => p_text(one.p), key: (one) => (is_number(one.p) ? one.p : null) },
  { head: "p, Holm", numeric: true, cell: (one) => p_text(one.p_holm), key: (one) => (is_number(one.p_holm) ? one.p_holm : null) },
];

export function differences_section(measures: Measures): HTMLElement | null {
  if (measures.differences.length === 0) return null;
  return section(
    "differences",
    `Against ${measures.baseline}`,
    p(
      `${difference_sentence(measures)} A shift is the same item under the arm minus under ${measures.baseline}; fluency is the rise of neutral texts' negative log-likelihood per token.`,
    ),
    sheet({
      id: "difference-table",
      caption: "Every arm against the baseline",
      one: "shift",
      columns,
      rows: measures.differences,
      text: (one) => `${one.arm} ${one.value}`.toLowerCase(),
    }),
  );
}
