import texts from "texts:desk,cases,staff,page,editor.link";
import { StaffPage } from "../staff/page.js";
import { DeskWithCases } from "./cases.js";
import { Desk } from "./desk.js";

class Work extends DeskWithCases {
  constructor(page) {
    super(page, new Desk(page));
  }
}

new StaffPage("desk", texts, Work).start();
