// What scripts add to every page; every page works without them.

import { forgetDone, leadToMistakes, tieDateToChoice } from "./kit/notices.ts";
import { forgetSecrets, offerCopying } from "./kit/secrets.ts";
import { follow } from "./kit/live.ts";
import { offerPrinting } from "./kit/print.ts";
import { countTicks } from "./kit/ticks.ts";

offerCopying();
forgetSecrets();
leadToMistakes();
forgetDone();
tieDateToChoice();
countTicks();
offerPrinting();
follow();
