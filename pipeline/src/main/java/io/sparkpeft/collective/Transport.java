package io.sparkpeft.collective;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeoutException;

/**
 * One rank's two ends of a directed ring: it sends to the next rank ({@code rank + 1}) and receives
 * from the previous one, both at once, as ordered streams of bytes. Used by one thread; only {@link
 * #close} may come from any.
 */
public interface Transport extends Closeable {

  /** What is sent and received comes in units of this many bytes, little-endian. */
  int UNIT_BYTES = Long.BYTES;

  int rank();

  int size();

  /**
   * Sends all of {@code outgoing} while it receives all of {@code incoming}. On return the incoming
   * bytes are here; the outgoing ones may still be on their way.
   *
   * @throws IOException if a neighbour is gone
   * @throws TimeoutException if nothing moved for too long
   * @throws InterruptedException if the rank was told to stop
   */
  void exchange(Outgoing outgoing, Incoming incoming)
      throws IOException, TimeoutException, InterruptedException;

  /** Returns when the next rank has all that was sent; the same errors as {@link #exchange}. */
  void flush() throws IOException, TimeoutException, InterruptedException;

  long bytesSent();

  /** Ends both streams at once, so that the neighbours learn of it. Idempotent. */
  @Override
  void close();

  /** Bytes to send, taken piece by piece on the caller's thread. */
  interface Outgoing {
    long remaining();

    /** Writes as many whole units as the piece has room for, or as remain. */
    void fill(ByteBuffer piece);
  }

  /** Room for bytes that arrive, on any thread, one piece after the other. */
  interface Incoming {
    long remaining();

    /** Takes as many of the piece's bytes, in whole units, as there is room for. */
    void drain(ByteBuffer piece);
  }
}
