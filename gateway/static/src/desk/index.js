import texts from "texts:desk,cases,staff,page,editor.link";
import { StaffPage } from "../staff/page.js";
import { DeskWithCases } from "./cases.js";
import { Desk } from "./desk.js";

class Work extends DeskWithCases {
  constructor(page) {
    super(page, new Desk(page));
    // One menu: conversations and cases stand beside the links to other pages.
    page.parts.replaceChildren(this.bar);
  }
}

new StaffPage("desk", texts, Work).start();
