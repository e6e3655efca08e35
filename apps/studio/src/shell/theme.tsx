// Light, dark, or as the system has it.
import { useEffect, useState } from "react";

type Theme = "auto" | "light" | "dark";
const place = "axia-theme";
const names: Record<Theme, string> = { auto: "System", light: "Light", dark: "Dark" };

function kept(): Theme {
  const found = localStorage.getItem(place);
  return found === "light" || found === "dark" ? found : "auto";
}

export function ThemeSwitch() {
  const [theme, set_theme] = useState<Theme>(kept);
  useEffect(() => {
    if (theme === "auto") {
      delete document.documentElement.dataset["theme"];
      localStorage.removeItem(place);
    } else {
      document.documentElement.dataset["theme"] = theme;
      localStorage.setItem(place, theme);
    }
  }, [theme]);
  return (
    <label className="theme">
      <span className="unseen">Colours</span>
      <select value={theme} onChange={(event) => set_theme(event.target.value as Theme)}>
        {Object.entries(names).map(([name, title]) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}
