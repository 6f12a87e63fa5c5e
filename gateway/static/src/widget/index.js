import { SvarChat } from "./chat.js";

SvarChat.define();

export { SvarChat };
