package org.lawtap.deploy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The walls between the modules: services meet in topics only, and each dangerous library has one room. */
class WallsTest {
    private static final String[] SERVICES = {
        "org.lawtap.watcher..", "org.lawtap.warrants..", "org.lawtap.worker..", "org.lawtap.sink.."
    };
    private static final JavaClasses LAWTAP = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.lawtap");

    @Test
    void servicesKnowNoOtherService() {
        for (String service : SERVICES) {
            for (String other : SERVICES) {
                if (!service.equals(other)) {
                    noClasses()
                            .that()
                            .resideInAPackage(service)
                            .should()
                            .dependOnClassesThat()
                            .resideInAPackage(other)
                            .check(LAWTAP);
                }
            }
        }
    }

    @Test
    void theContractKnowsNoService() {
        noClasses()
                .that()
                .resideInAPackage("org.lawtap.schemas..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.lawtap.watcher..",
                        "org.lawtap.warrants..",
                        "org.lawtap.worker..",
                        "org.lawtap.sink..",
                        "org.lawtap.deploy..")
                .check(LAWTAP);
    }

    @Test
    void onlyTheWatcherReadsTheCluster() {
        noClasses()
                .that()
                .resideOutsideOfPackages("org.lawtap.watcher..", "org.lawtap.deploy..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.fabric8..")
                .check(LAWTAP);
    }

    @Test
    void onlyTheWorkerTouchesPackets() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "org.lawtap.worker.kernel..",
                        "org.lawtap.worker.engine..",
                        "org.lawtap.worker",
                        "org.lawtap.deploy.pod..",
                        "org.lawtap.deploy.bench.micro..",
                        "org.lawtap.deploy.bench.peer..",
                        "org.lawtap.deploy.simulation..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.pcap4j..", "com.sun.jna..", "java.lang.foreign..")
                .check(LAWTAP);
    }

    @Test
    void onlyWarrantsUsesStreams() {
        noClasses()
                .that()
                .resideOutsideOfPackages("org.lawtap.warrants..", "org.lawtap.deploy.simulation..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.kafka.streams..")
                .check(LAWTAP);
    }

    @Test
    void theDecisionIsPure() {
        classes()
                .that()
                .resideInAPackage("org.lawtap.warrants.decision..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "java.lang..",
                        "java.util..",
                        "java.time..",
                        "org.jspecify..",
                        "org.lawtap.schemas.model..",
                        "org.lawtap.schemas.order..",
                        "org.lawtap.warrants.decision..")
                .check(LAWTAP);
    }

    @Test
    void generatedRecordsStopAtTheCodecs() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "org.lawtap.schemas.wire..", "org.lawtap.schemas.avro..", "org.lawtap.schemas.topics..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.lawtap.schemas.avro..")
                .check(LAWTAP);
    }

    @Test
    void packagesOfAServiceHaveNoCycle() {
        for (String module : new String[] {"watcher", "warrants", "worker", "sink", "deploy"}) {
            slices().matching("org.lawtap." + module + ".(*)..")
                    .should()
                    .beFreeOfCycles()
                    .allowEmptyShould(true)
                    .check(LAWTAP);
        }
    }
}
