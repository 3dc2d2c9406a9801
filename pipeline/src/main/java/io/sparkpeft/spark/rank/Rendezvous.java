package io.sparkpeft.spark.rank;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.collective.Collective;
import io.sparkpeft.collective.InProcessCollective;
import io.sparkpeft.collective.Patience;
import io.sparkpeft.collective.RingCollective;
import io.sparkpeft.spark.rank.RingSecurity.AttemptSecret;
import java.io.IOException;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;

/**
 * How the ranks of an attempt find each other: every rank listens, then all exchange their
 * addresses through Spark's barrier (which takes about a second, so it is done once), then each
 * connects to the next. Rank 0 also hands out the attempt's secret, for clusters that have none of
 * their own.
 */
final class Rendezvous {
  private Rendezvous() {}

  static Collective join(BarrierTaskContext context, String attemptId, Patience patience)
      throws InterruptedException {
    if (context.numPartitions() == 1) {
      return InProcessCollective.alone();
    }
    // A stage that Spark itself would repeat must not meet its own earlier self.
    String stageAttemptId = attemptId + "/" + context.stageAttemptNumber();
    SparkEnv env = SparkEnv.get();
    AttemptSecret secret = new AttemptSecret();
    RingSecurity security = RingSecurity.of(env, secret, patience.silence());
    String host = env.blockManager().blockManagerId().host();
    SparkNetworkTransport transport =
        SparkNetworkTransport.listen(
            context.partitionId(),
            context.numPartitions(),
            stageAttemptId,
            host,
            security,
            patience);
    try {
      String[] cards = context.allGather(card(context.partitionId(), host, transport.port()));
      secret.set(read(cards[0]).get("secret").asText());
      JsonNode next = read(cards[(context.partitionId() + 1) % cards.length]);
      transport.connect(next.get("host").asText(), next.get("port").asInt());
      return new RingCollective(transport);
    } catch (IOException e) {
      transport.close();
      throw RankErrors.cannotConnect(context, e);
    } catch (InterruptedException | RuntimeException e) {
      transport.close();
      throw e;
    }
  }

  private static String card(int rank, String host, int port) {
    ObjectNode card = Json.object().put("host", host).put("port", port);
    if (rank == 0) {
      card.put("secret", AttemptSecret.random());
    }
    return Json.compact(card);
  }

  private static JsonNode read(String card) {
    try {
      return Json.parse(card);
    } catch (JsonProcessingException e) {
      throw new AssertionError("a rank wrote it", e);
    }
  }
}
