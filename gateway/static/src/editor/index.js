import texts from "texts:editor,staff,page,desk.link";
import { StaffPage } from "../staff/page.js";
import { Editor } from "./editor.js";

new StaffPage("editor", texts, Editor).start();
