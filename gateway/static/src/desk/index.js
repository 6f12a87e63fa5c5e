import texts from "texts:desk,staff,page,editor.link";
import { StaffPage } from "../staff/page.js";
import { Desk } from "./desk.js";

new StaffPage("desk", texts, Desk).start();
