// What a person says of a value of their own.
import type { Value } from "../api/types";

export interface About {
  title: string;
  definition: string;
  group: string; // "" = none
  order: string; // of the system's value that it follows; "" = last
}

export const nothing_said: About = { title: "", definition: "", group: "", order: "" };

export function about_of(value: Value): About {
  return {
    title: value.title === value.name ? "" : (value.title ?? ""),
    definition: value.definition ?? "",
    group: value.group ?? "",
    order: value.order === undefined ? "" : String(value.order),
  };
}

/// As the server takes it: what is not said is left out, and line ends become spaces.
export function about_request(about: About): Record<string, string | number> {
  const request: Record<string, string | number> = {};
  for (const name of ["title", "definition", "group"] as const) {
    const text = about[name].replace(/\s+/g, " ").trim();
    if (text !== "") request[name] = text;
  }
  if (about.order !== "") request["order"] = Number(about.order);
  return request;
}

/// The groups of the system, in the order of the circle.
export function groups_of(values: readonly Value[]): string[] {
  return [...new Set(values.filter((value) => !value.own && value.group).map((value) => value.group!))];
}
