import "@report/style/page.css";
import "@report/style/parts.css";
import "./style/studio.css";
import "./style/controls.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";

createRoot(document.getElementById("page")!).render(<App />);
