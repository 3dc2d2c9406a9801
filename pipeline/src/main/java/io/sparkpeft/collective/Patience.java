package io.sparkpeft.collective;

import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * How long a rank waits for its peers.
 *
 * @param silence the longest time in which nothing arrives or leaves; a straggler's whole step must
 *     fit in it
 * @param interrupted whether this rank was told to stop; asked about every {@link #TICK_MILLIS}
 */
public record Patience(Duration silence, BooleanSupplier interrupted) {
  /** The longest sleep between two looks at the clock and at {@link #interrupted}. */
  public static final long TICK_MILLIS = 50;

  /** Ten minutes, never told to stop. */
  public static Patience standard() {
    return new Patience(Duration.ofMinutes(10), () -> false);
  }

  /** A wait that begins now. */
  public Wait begin() {
    return new Wait(this);
  }

  /** One wait: restarted whenever something moves. */
  public static final class Wait {
    private final Patience patience;
    private long since = System.nanoTime();

    private Wait(Patience patience) {
      this.patience = patience;
    }

    public void moved() {
      since = System.nanoTime();
    }

    /**
     * @throws InterruptedException if the rank was told to stop
     * @throws TimeoutException if nothing moved for too long
     */
    public void check() throws InterruptedException, TimeoutException {
      if (patience.interrupted.getAsBoolean() || Thread.interrupted()) {
        throw new InterruptedException();
      }
      if (System.nanoTime() - since > patience.silence.toNanos()) {
        throw new TimeoutException("nothing moved for " + patience.silence.toSeconds() + " s");
      }
    }
  }
}
