package io.sparkpeft.spark.rank;

import io.sparkpeft.collective.Patience;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.apache.spark.network.buffer.NioManagedBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.TransportClient;

/**
 * What goes to the next rank: a few pieces at a time, each an upload stream of Spark's protocol
 * that the next rank acknowledges when it has all of it.
 */
final class Outbox {
  static final int PIECE_BYTES = 1 << 20;
  private static final int PIECES = 8;

  private final Deque<ByteBuffer> free = new ArrayDeque<>();
  private int made;
  private int unanswered;
  private boolean lost;
  private Optional<TransportClient> client = Optional.empty();

  synchronized void open(TransportClient next) {
    client = Optional.of(next);
    next.getChannel().closeFuture().addListener(future -> lose());
  }

  synchronized void lose() {
    lost = true;
    notifyAll();
  }

  void close() {
    Optional<TransportClient> next;
    synchronized (this) {
      lose();
      next = client;
    }
    next.ifPresent(TransportClient::close);
  }

  /**
   * Waits for an empty piece.
   *
   * @param previous what the previous rank sends at the same time: waiting ends if it is gone
   */
  synchronized ByteBuffer take(Patience.Wait wait, Inbox previous)
      throws IOException, TimeoutException, InterruptedException {
    if (free.isEmpty() && made < PIECES) {
      made++;
      return ByteBuffer.allocateDirect(PIECE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }
    while (free.isEmpty()) {
      check();
      previous.check();
      wait.check();
      wait(Patience.TICK_MILLIS);
    }
    return free.remove();
  }

  /** Sends a piece that {@link #take} gave; it comes back by itself. */
  void send(ByteBuffer piece) throws IOException {
    TransportClient next;
    synchronized (this) {
      check();
      unanswered++;
      next = client.orElseThrow(() -> new EOFException("not connected"));
    }
    next.uploadStream(
        new NioManagedBuffer(ByteBuffer.allocate(1)),
        new NioManagedBuffer(piece),
        new Answer(piece));
  }

  /** Waits until the next rank has everything. */
  synchronized void flush(Patience.Wait wait)
      throws IOException, TimeoutException, InterruptedException {
    int before = unanswered;
    while (unanswered > 0) {
      check();
      wait.check();
      wait(Patience.TICK_MILLIS);
      if (unanswered < before) {
        before = unanswered;
        wait.moved();
      }
    }
  }

  private void check() throws EOFException {
    if (lost) {
      throw new EOFException("the next rank closed its connection");
    }
  }

  private synchronized void answered(ByteBuffer piece) {
    unanswered--;
    free.add(piece.clear());
    notifyAll();
  }

  private final class Answer implements RpcResponseCallback {
    private final ByteBuffer piece;

    Answer(ByteBuffer piece) {
      this.piece = piece;
    }

    @Override
    public void onSuccess(ByteBuffer response) {
      answered(piece);
    }

    @Override
    public void onFailure(Throwable failure) {
      lose();
    }
  }
}
