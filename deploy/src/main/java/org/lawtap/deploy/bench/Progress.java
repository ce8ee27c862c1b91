package org.lawtap.deploy.bench;

/** Is told, in a sentence, what a benchmark does now. */
interface Progress {
    void tell(String sentence);
}
