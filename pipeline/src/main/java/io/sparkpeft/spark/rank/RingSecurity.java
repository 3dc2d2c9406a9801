package io.sparkpeft.spark.rank;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.network.client.TransportClientBootstrap;
import org.apache.spark.network.crypto.AuthClientBootstrap;
import org.apache.spark.network.crypto.AuthServerBootstrap;
import org.apache.spark.network.netty.SparkTransportConf;
import org.apache.spark.network.sasl.SecretKeyHolder;
import org.apache.spark.network.server.TransportServerBootstrap;
import org.apache.spark.network.util.TransportConf;
import scala.Option;

/**
 * How the ring's connections prove themselves: with the cluster's secret where {@code
 * spark.authenticate} is on, else with a secret made for the attempt. They are encrypted as {@code
 * spark.network.crypto} and {@code spark.ssl.rpc} say.
 */
final class RingSecurity {
  private static final String MODULE = "sparkpeft";
  private static final int SECRET_BYTES = 32;
  private static final Duration CONNECT = Duration.ofSeconds(30);

  /** Less than a client waits for an answer to its challenge (spark.network.auth.rpcTimeout). */
  private static final Duration EARLY = Duration.ofSeconds(20);

  private final TransportConf conf;
  private final SecretKeyHolder secrets;

  private RingSecurity(TransportConf conf, SecretKeyHolder secrets) {
    this.conf = conf;
    this.secrets = secrets;
  }

  /** As the cluster is set up; {@code attemptSecret} counts only where it has no secret. */
  static RingSecurity of(SparkEnv env, AttemptSecret attemptSecret, Duration silence) {
    SecurityManager manager = env.securityManager();
    SecretKeyHolder secrets = manager.isAuthenticationEnabled() ? manager : attemptSecret;
    SparkConf conf = env.conf().clone();
    // A connection with unanswered pieces is not idle while a straggler computes.
    conf.set(key("connectionTimeout"), silence.plusMinutes(1).toSeconds() + "s");
    conf.set(key("connectionCreationTimeout"), CONNECT.toSeconds() + "s");
    conf.set("spark.network.crypto.saslFallback", "false");
    return new RingSecurity(
        SparkTransportConf.fromSparkConf(
            conf, MODULE, 1, Option.empty(), Option.apply(manager.getRpcSSLOptions())),
        secrets);
  }

  /** For tests: any configuration and secret. */
  static RingSecurity of(TransportConf conf, SecretKeyHolder secrets) {
    return new RingSecurity(conf, secrets);
  }

  private static String key(String name) {
    return "spark." + MODULE + ".io." + name;
  }

  TransportConf conf() {
    return conf;
  }

  List<TransportServerBootstrap> serverBootstraps() {
    return List.of(new AuthServerBootstrap(conf, secrets));
  }

  List<TransportClientBootstrap> clientBootstraps() {
    return List.of(new AuthClientBootstrap(conf, secrets.getSaslUser(MODULE), secrets));
  }

  /**
   * The secret of one attempt. Ranks learn it from the rendezvous, one a little before the other: a
   * neighbour that is early is kept waiting. Before the rendezvous nobody gets in.
   */
  static final class AttemptSecret implements SecretKeyHolder {
    private final CompletableFuture<String> value = new CompletableFuture<>();
    private final Duration patience;

    AttemptSecret() {
      this(EARLY);
    }

    /**
     * @param patience how long a neighbour that is early waits
     */
    AttemptSecret(Duration patience) {
      this.patience = patience;
    }

    static String random() {
      byte[] bytes = new byte[SECRET_BYTES];
      new SecureRandom().nextBytes(bytes);
      return HexFormat.of().formatHex(bytes);
    }

    void set(String secret) {
      value.complete(secret);
    }

    @Override
    public String getSaslUser(String appId) {
      return "sparkPeftRank";
    }

    @Override
    public String getSecretKey(String appId) {
      try {
        return value.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted before the rendezvous", e);
      } catch (ExecutionException | TimeoutException e) {
        throw new IllegalStateException("no secret before the rendezvous", e);
      }
    }
  }
}
