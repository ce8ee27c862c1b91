package org.lawtap.deploy.sandbox;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * What stands for a scene, taken down in the opposite order. While something of it could not be, its {@link Claim} stays: it says whose
 * that is, and the next start removes both.
 */
public final class Scaffold implements AutoCloseable {
    private final Deque<AutoCloseable> standing = new ArrayDeque<>();
    private final Consumer<String> progress;

    /** @param progress told what could not be taken down, and why */
    public Scaffold(Consumer<String> progress) {
        this.progress = progress;
    }

    /** Takes this down when all that came later is down; returns it. */
    public <T extends AutoCloseable> T keep(T thing) {
        standing.push(thing);
        return thing;
    }

    @Override
    public void close() {
        boolean clean = true;
        while (!standing.isEmpty()) {
            AutoCloseable top = standing.pop();
            if (top instanceof Claim && !clean) {
                return;
            }
            try {
                top.close();
            } catch (Exception e) {
                clean = false;
                progress.accept("while taking the scene down: " + e.getMessage());
            }
        }
    }
}
