package org.lawtap.deploy.broker;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.PullImageResultCallback;
import com.github.dockerjava.api.exception.NotFoundException;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.utility.DockerImageName;

/** The Docker engine of this machine, as far as the tests need one. */
final class ContainerEngine {
    private static final int ANSWER_SECONDS_MAX = 90;
    private static final int FETCH_MINUTES_MAX = 10;

    private ContainerEngine() {}

    /** Why no container of this image can run, as a clause; empty if one can. An image that is not there is fetched. */
    static Optional<String> obstacle(String image) {
        Optional<String> deaf = engineObstacle();
        if (deaf.isPresent()) {
            return deaf;
        }
        String name = DockerImageName.parse(image).asCanonicalNameString();
        try {
            DockerClient docker = DockerClientFactory.lazyClient();
            if (isThere(docker, name) || isFetched(docker, name)) {
                return Optional.empty();
            }
            return Optional.of(lacks(name) + "it did not come whole within " + FETCH_MINUTES_MAX + " minutes");
        } catch (RuntimeException e) {
            return Optional.of(lacks(name) + reason(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(lacks(name) + "interrupted");
        }
    }

    /** Testcontainers itself would try for many minutes to fetch an image of its own. */
    private static Optional<String> engineObstacle() {
        FutureTask<Boolean> available =
                new FutureTask<>(() -> DockerClientFactory.instance().isDockerAvailable());
        Thread.ofPlatform().daemon().start(available);
        try {
            return available.get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS)
                    ? Optional.empty()
                    : Optional.of("no Docker engine answers");
        } catch (TimeoutException e) {
            return Optional.of("Testcontainers did not get ready with the Docker engine within " + ANSWER_SECONDS_MAX
                    + " s; it needs its image testcontainers/ryuk");
        } catch (ExecutionException e) {
            return Optional.of("Testcontainers can't work with the Docker engine that answers: " + reason(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("the question for a Docker engine was interrupted");
        }
    }

    private static boolean isFetched(DockerClient docker, String name) throws InterruptedException {
        docker.pullImageCmd(name)
                .exec(new PullImageResultCallback())
                .awaitCompletion(FETCH_MINUTES_MAX, TimeUnit.MINUTES);
        return isThere(docker, name);
    }

    private static boolean isThere(DockerClient docker, String name) {
        try {
            docker.inspectImageCmd(name).exec();
            return true;
        } catch (NotFoundException e) {
            return false;
        }
    }

    private static String lacks(String name) {
        return "the Docker engine that answers has no image " + name + " and can't get it: ";
    }

    /** What failed and, where it was something else that failed first, why. */
    private static String reason(Throwable e) {
        Throwable first = e;
        while (first.getCause() != null) {
            first = first.getCause();
        }
        String what = sentence(e);
        String why = sentence(first);
        return what.contains(why) ? what : what + " (" + why + ")";
    }

    private static String sentence(Throwable e) {
        return String.valueOf(e.getMessage()).strip().replaceAll("\\s+", " ");
    }
}
