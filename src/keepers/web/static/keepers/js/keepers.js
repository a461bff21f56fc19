// Pages work without any of this; it makes them faster under the hand.
import "./menus.js";
import "./keys.js";
import "./palette.js";
import "./upload.js";
import "./lists.js";
import "./work.js";
import "./ticks.js";
import "./sliders.js";
import "./tabs.js";
