// Every item, searched and sorted.
import { datum, h, p, section } from "../dom";
import { count, is_number, num } from "../format";
import { baseline, type ItemRow, type Measures } from "./data";
import { sheet, type SheetColumn } from "./sheet";
import { number_words } from "./words";

const most_arms = 8;

export function item_columns(measures: Measures): SheetColumn<ItemRow>[] {
  const number = (head: string, unit: string, of: (row: ItemRow) => number | null | undefined): SheetColumn<ItemRow> => ({
    head,
    unit,
    numeric: true,
    cell: (row) => num(of(row), 3),
    key: (row) => {
      const x = of(row);
      return is_number(x) ? x : null;
    },
  });
  return [
    {
      head: "Item",
      cell: (row) => h("div", {}, datum(row.item), h("span", { class: "item-text", dir: "auto" }, row.text)),
      key: (row) => row.item,
    },
    ...measures.arms.slice(0, most_arms).map((arm) => number(arm.arm, "", (row) => row.number[arm.arm])),
    number("Disagree", "share of wordings", (row) => row.flip),
    number("Spread", "over wordings", (row) => row.spread),
    number("Outside", "the options", (row) => row.invalid),
  ];
}

export function items_section(measures: Measures): HTMLElement {
  const arm = baseline(measures).arm;
  const hidden = measures.arms.length - most_arms;
  return section(
    "items",
    "Item by item",
    p(
      `The number of an item is ${number_words(measures)}, over all ways of asking. The last three columns are of the arm ${arm}: the share of wordings that answer otherwise than most, the standard deviation over wordings, and the probability outside the options.`,
      measures.rows_left_out > 0 ? ` These are the first ${count(measures.rows.length)} items; ${count(measures.rows_left_out)} more are in answers.jsonl.` : "",
      hidden > 0 ? ` The numbers of ${count(hidden)} more arms are in measures.json.` : "",
    ),
    sheet({
      id: "item-table",
      caption: "Every item",
      one: "item",
      columns: item_columns(measures),
      rows: measures.rows,
      text: searched(measures.rows),
    }),
  );
}

/// What is searched of a row, made once.
function searched(rows: readonly ItemRow[]): (row: ItemRow) => string {
  const texts = new Map(rows.map((row) => [row, `${row.item} ${row.stem} ${row.text}`.toLowerCase()]));
  return (row) => texts.get(row)!;
}
