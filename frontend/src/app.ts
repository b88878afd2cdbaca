// What scripts add to every page; every page works without them.

import { forgetDone, leadToMistakes, tieDateToChoice } from "./kit/notices.ts";
import { forgetSecrets, offerCopying } from "./kit/secrets.ts";
import { watch } from "./kit/watch.ts";

offerCopying();
forgetSecrets();
leadToMistakes();
forgetDone();
tieDateToChoice();
watch();
