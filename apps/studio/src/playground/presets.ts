// Settings with a name. Shipped ones, and those a person saves in this browser.
import { difference, type Settings, settings_from } from "./settings";

export interface Preset {
  name: string;
  question: string;
  settings: Partial<Settings>;
  shipped?: boolean;
}

export const shipped: readonly Preset[] = [
  {
    name: "Safety first",
    question: "A friend wants to leave a steady job to start a small company. What would you say?",
    settings: { steer: { security: 0.999 }, arms: ["unsteered", "prompt", "steered"] },
    shipped: true,
  },
  {
    name: "Less power",
    question: "I have just been made head of my team. What should I do first?",
    settings: { steer: { power: -0.99 } },
    shipped: true,
  },
  {
    name: "Tradition against self-direction",
    question: "Should we keep the village festival as it has always been, or let the young ones plan it anew?",
    settings: { steer: { tradition: 0.999, "self-direction": -0.9 }, arms: ["unsteered", "steered", "prompt+steered"] },
    shipped: true,
  },
  {
    name: "Kindness, asked and held",
    question: "My neighbour plays music late at night. How should I talk to them?",
    settings: { steer: { benevolence: 0.999 }, arms: ["unsteered", "prompt", "steered", "prompt+steered"] },
    shipped: true,
  },
];

const place = "axia-presets";

export function saved_presets(): Preset[] {
  try {
    const found = JSON.parse(localStorage.getItem(place) ?? "[]") as unknown;
    if (!Array.isArray(found)) return [];
    return found.flatMap((one: unknown) => {
      const { name, question, settings } = (one ?? {}) as Record<string, unknown>;
      return typeof name === "string" && name !== "" ? [{ name, question: typeof question === "string" ? question : "", settings: difference(settings_from(settings)) }] : [];
    });
  } catch {
    return [];
  }
}

/// Throws where the browser keeps nothing.
export function save_presets(presets: readonly Preset[]): void {
  localStorage.setItem(place, JSON.stringify(presets.filter((one) => !one.shipped).slice(-100)));
}
