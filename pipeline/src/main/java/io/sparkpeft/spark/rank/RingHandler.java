package io.sparkpeft.spark.rank;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.spark.network.client.RpcResponseCallback;
import org.apache.spark.network.client.StreamCallbackWithID;
import org.apache.spark.network.client.TransportClient;
import org.apache.spark.network.server.OneForOneStreamManager;
import org.apache.spark.network.server.RpcHandler;
import org.apache.spark.network.server.StreamManager;

/**
 * The listening end: takes streams from one connection, the one that gave the previous rank's
 * greeting of this very attempt. Spark has checked the secret before anything comes here.
 */
final class RingHandler extends RpcHandler {
  private final ByteBuffer expectedGreeting;
  private final Inbox inbox;
  private final StreamManager noStreams = new OneForOneStreamManager();

  RingHandler(ByteBuffer expectedGreeting, Inbox inbox) {
    this.expectedGreeting = expectedGreeting;
    this.inbox = inbox;
  }

  @Override
  public void receive(TransportClient client, ByteBuffer message, RpcResponseCallback callback) {
    if (message.equals(expectedGreeting) && inbox.open(client.getChannel())) {
      callback.onSuccess(ByteBuffer.allocate(0));
    } else {
      callback.onFailure(new IOException("not the previous rank of this attempt"));
    }
  }

  @Override
  public StreamCallbackWithID receiveStream(
      TransportClient client, ByteBuffer header, RpcResponseCallback callback) {
    if (!inbox.isOpen(client.getChannel())) {
      throw new SecurityException("a stream without the greeting of this attempt");
    }
    return new Piece();
  }

  @Override
  public StreamManager getStreamManager() {
    return noStreams;
  }

  /** A piece on its way in. */
  private final class Piece implements StreamCallbackWithID {

    @Override
    public String getID() {
      return "ring";
    }

    @Override
    public void onData(String streamId, ByteBuffer bytes) {
      inbox.arrived(bytes);
    }

    /** Spark answers the sender after this. */
    @Override
    public void onComplete(String streamId) {}

    @Override
    public void onFailure(String streamId, Throwable cause) {
      inbox.lose();
    }
  }
}
