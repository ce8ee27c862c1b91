package org.lawtap.schemas.order;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LawCasesTest {
    private final LawCases law = new LawCases(SampleOrders.NOW);

    /** The rows are worth something only if what is common to them is lawful. */
    @Test
    void theLawfulSampleIsApproved() {
        assertThat(law.check().check(law.lawful(), law.now())).isInstanceOf(OrderCheck.Verdict.Approved.class);
    }

    @Test
    void everyRowHasANameOfItsOwn() {
        assertThat(law.all().map(LawCases.LawCase::name)).doesNotHaveDuplicates();
    }
}
