package io.sparkpeft.collective;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeoutException;

/** A ring whose links are short queues of pieces under one monitor. */
final class InProcessRing {
  private static final int PIECE_BYTES = 1 << 16;
  private static final int PIECES_PER_LINK = 4;

  private final int size;
  private final Patience patience;

  /** Link i carries pieces from rank i - 1 to rank i. Guarded by this. */
  private final List<Queue<ByteBuffer>> links = new ArrayList<>();

  /** Ranks that have left. Guarded by this. */
  private final boolean[] closed;

  InProcessRing(int size, Patience patience) {
    this.size = size;
    this.patience = patience;
    this.closed = new boolean[size];
    for (int i = 0; i < size; i++) {
      links.add(new ArrayDeque<>());
    }
  }

  Transport transport(int rank) {
    return new End(rank);
  }

  private final class End implements Transport {
    private final int rank;
    private long bytesSent;

    End(int rank) {
      this.rank = rank;
    }

    @Override
    public int rank() {
      return rank;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public long bytesSent() {
      return bytesSent;
    }

    @Override
    public void exchange(Outgoing outgoing, Incoming incoming)
        throws IOException, TimeoutException, InterruptedException {
      Patience.Wait wait = patience.begin();
      while (outgoing.remaining() > 0 || incoming.remaining() > 0) {
        boolean sent = send(outgoing);
        boolean received = receive(incoming);
        if (sent || received) {
          wait.moved();
        } else {
          await(wait, outgoing.remaining() > 0, incoming.remaining() > 0);
        }
      }
    }

    private boolean send(Outgoing outgoing) {
      if (outgoing.remaining() == 0 || !hasRoom()) {
        return false;
      }
      int bytes = (int) Math.min(PIECE_BYTES, outgoing.remaining());
      ByteBuffer piece = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
      outgoing.fill(piece);
      bytesSent += bytes;
      synchronized (InProcessRing.this) {
        links.get(next()).add(piece.flip());
        InProcessRing.this.notifyAll();
      }
      return true;
    }

    private boolean receive(Incoming incoming) {
      ByteBuffer piece;
      synchronized (InProcessRing.this) {
        piece = incoming.remaining() == 0 ? null : links.get(rank).peek();
      }
      if (piece == null) {
        return false;
      }
      incoming.drain(piece);
      synchronized (InProcessRing.this) {
        if (!piece.hasRemaining()) {
          links.get(rank).remove();
        }
        InProcessRing.this.notifyAll();
      }
      return true;
    }

    private boolean hasRoom() {
      synchronized (InProcessRing.this) {
        return links.get(next()).size() < PIECES_PER_LINK;
      }
    }

    @Override
    public void flush() throws IOException, TimeoutException, InterruptedException {
      Patience.Wait wait = patience.begin();
      synchronized (InProcessRing.this) {
        while (!links.get(next()).isEmpty()) {
          if (closed[rank] || closed[next()]) {
            throw new EOFException("it has left");
          }
          wait.check();
          InProcessRing.this.wait(Patience.TICK_MILLIS);
        }
      }
    }

    /** Sleeps until there may be something to do, or to complain about. */
    private void await(Patience.Wait wait, boolean sending, boolean receiving)
        throws IOException, TimeoutException, InterruptedException {
      synchronized (InProcessRing.this) {
        boolean canReceive = receiving && !links.get(rank).isEmpty();
        boolean canSend = sending && links.get(next()).size() < PIECES_PER_LINK;
        if (canReceive || canSend) {
          return;
        }
        if (closed[rank] || (sending && closed[next()]) || (receiving && closed[previous()])) {
          throw new EOFException("it has left");
        }
        wait.check();
        InProcessRing.this.wait(Patience.TICK_MILLIS);
      }
    }

    private int next() {
      return (rank + 1) % size;
    }

    private int previous() {
      return (rank + size - 1) % size;
    }

    @Override
    public void close() {
      synchronized (InProcessRing.this) {
        closed[rank] = true;
        InProcessRing.this.notifyAll();
      }
    }
  }
}
