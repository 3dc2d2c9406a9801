package io.sparkpeft.spark.rank;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.sparkpeft.collective.Patience;
import io.sparkpeft.collective.Transport;
import io.sparkpeft.collective.Transport.Incoming;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * What comes from the previous rank. Netty's thread puts bytes straight to where the rank wants
 * them. When the rank wants none yet, the few bytes at hand are kept and the channel is not read
 * further, so that the sender waits and Netty's thread never does.
 */
final class Inbox {
  private final Deque<ByteBuffer> early = new ArrayDeque<>();

  /** The bytes of a unit that has not arrived whole. */
  private final ByteBuffer carry =
      ByteBuffer.allocate(Transport.UNIT_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private Optional<Incoming> wanted = Optional.empty();
  private Optional<Channel> channel = Optional.empty();
  private boolean lost;

  /** The previous rank has proved itself on this channel; false if one already has. */
  synchronized boolean open(Channel from) {
    if (channel.isPresent()) {
      return false;
    }
    channel = Optional.of(from);
    from.closeFuture().addListener(future -> lose());
    return true;
  }

  synchronized boolean isOpen(Channel from) {
    return channel.filter(known -> known.equals(from)).isPresent();
  }

  synchronized void lose() {
    lost = true;
    notifyAll();
  }

  synchronized void close() {
    lose();
    channel.ifPresent(Inbox::startClosing);
  }

  private static void startClosing(Channel channel) {
    ChannelFuture unused = channel.close();
  }

  /** Called by Netty's thread; the bytes are only valid during the call. */
  synchronized void arrived(ByteBuffer bytes) {
    drain(bytes);
    if (bytes.hasRemaining()) {
      early.add(ByteBuffer.allocate(bytes.remaining()).put(bytes).flip());
      channel.ifPresent(c -> c.config().setAutoRead(false));
    }
    notifyAll();
  }

  /** From now on what arrives goes there. */
  synchronized void want(Incoming incoming) {
    wanted = Optional.of(incoming);
    while (!early.isEmpty() && incoming.remaining() > 0) {
      drain(early.peek());
      if (!early.peek().hasRemaining()) {
        early.remove();
      }
    }
    if (early.isEmpty()) {
      channel.ifPresent(c -> c.config().setAutoRead(true));
    }
  }

  private void drain(ByteBuffer bytes) {
    while (bytes.hasRemaining() && wanted.filter(w -> w.remaining() > 0).isPresent()) {
      if (carry.position() > 0 || bytes.remaining() < Transport.UNIT_BYTES) {
        drainByCarry(bytes, wanted.get());
      } else {
        drainWholeUnits(bytes, wanted.get());
      }
    }
  }

  private void drainByCarry(ByteBuffer bytes, Incoming incoming) {
    while (carry.hasRemaining() && bytes.hasRemaining()) {
      carry.put(bytes.get());
    }
    if (!carry.hasRemaining()) {
      incoming.drain(carry.flip());
      carry.clear();
    }
  }

  private static void drainWholeUnits(ByteBuffer bytes, Incoming incoming) {
    int whole = bytes.remaining() / Transport.UNIT_BYTES * Transport.UNIT_BYTES;
    ByteBuffer units = bytes.slice(bytes.position(), whole).order(ByteOrder.LITTLE_ENDIAN);
    incoming.drain(units);
    bytes.position(bytes.position() + units.position());
  }

  /** Waits until all that is wanted has come. */
  synchronized void await(Incoming incoming, Patience.Wait wait)
      throws IOException, TimeoutException, InterruptedException {
    long before = incoming.remaining();
    while (incoming.remaining() > 0) {
      check();
      wait.check();
      wait(Patience.TICK_MILLIS);
      if (incoming.remaining() < before) {
        before = incoming.remaining();
        wait.moved();
      }
    }
    wanted = Optional.empty();
  }

  /** Fails if more is wanted than can still come. */
  synchronized void check() throws EOFException {
    if (lost && early.isEmpty() && wanted.filter(w -> w.remaining() > 0).isPresent()) {
      throw new EOFException("the previous rank closed its connection");
    }
  }
}
