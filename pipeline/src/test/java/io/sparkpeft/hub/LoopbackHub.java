package io.sparkpeft.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A hub on loopback that speaks Hugging Face's API, and the store of its large files: another
 * server, to which it redirects.
 */
public final class LoopbackHub implements AutoCloseable {
  public static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  private final HttpServer hub = server();
  private final HttpServer store = server();
  private final Map<String, byte[]> small = new TreeMap<>();
  private final Map<String, byte[]> large = new TreeMap<>();

  /** Of requests to the store: the first byte asked for. */
  final List<Long> ranges = new ArrayList<>();

  /** Of requests to the store: whether they showed a token. */
  final List<Boolean> tokensShown = new ArrayList<>();

  /** What must be shown to the hub; empty for nothing. */
  String token = "";

  /** The store breaks off after so many bytes of each answer. */
  int breakOffAfter = Integer.MAX_VALUE;

  /** The store sends other bytes than the hub describes. */
  boolean tampers;

  public LoopbackHub() {
    hub.createContext("/", this::answer);
    store.createContext("/", this::answerFromStore);
    hub.start();
    store.start();
  }

  private static HttpServer server() {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void small(String path, String content) {
    small.put(path, content.getBytes(StandardCharsets.UTF_8));
  }

  public void large(String path, byte[] content) {
    large.put(path, content);
  }

  public Map<String, String> environment() {
    String endpoint = address(hub);
    return token.isEmpty()
        ? Map.of("HF_ENDPOINT", endpoint)
        : Map.of("HF_ENDPOINT", endpoint, "HF_TOKEN", token);
  }

  static String address(HttpServer server) {
    // The two differ in their ports alone, as two hosts would in their names.
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String shown = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
      String resolve = "/owner/tiny/resolve/" + COMMIT + "/";
      if (!token.isEmpty() && !shown.equals("Bearer " + token)) {
        exchange.sendResponseHeaders(401, -1);
      } else if (path.equals("/api/models/owner/tiny/revision/main")) {
        send(exchange, 200, Json.compact(description()).getBytes(StandardCharsets.UTF_8));
      } else if (path.startsWith(resolve) && small.containsKey(path.substring(resolve.length()))) {
        send(exchange, 200, small.get(path.substring(resolve.length())));
      } else if (path.startsWith(resolve) && large.containsKey(path.substring(resolve.length()))) {
        exchange
            .getResponseHeaders()
            .set("Location", address(store) + "/" + path.substring(resolve.length()));
        exchange.sendResponseHeaders(302, -1);
      } else {
        exchange.sendResponseHeaders(404, -1);
      }
    }
  }

  private ObjectNode description() {
    ObjectNode json = Json.object().put("sha", COMMIT);
    var siblings = json.putArray("siblings");
    small.forEach(
        (path, bytes) ->
            siblings
                .addObject()
                .put("rfilename", path)
                .put("size", bytes.length)
                .put("blobId", blobHash(bytes)));
    large.forEach(
        (path, bytes) ->
            siblings
                .addObject()
                .put("rfilename", path)
                .put("size", bytes.length)
                .put("blobId", "of the pointer")
                .putObject("lfs")
                .put("sha256", Sha256.of(bytes))
                .put("size", bytes.length));
    return json;
  }

  private static String blobHash(byte[] bytes) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(("blob " + bytes.length + "\0").getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha1.digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private void answerFromStore(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] bytes = large.get(exchange.getRequestURI().getPath().substring(1)).clone();
      if (tampers) {
        bytes[bytes.length / 2]++;
      }
      String range = exchange.getRequestHeaders().getFirst("Range");
      int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
      ranges.add((long) from);
      tokensShown.add(exchange.getRequestHeaders().containsKey("Authorization"));
      byte[] rest = Arrays.copyOfRange(bytes, from, bytes.length);
      exchange.sendResponseHeaders(from == 0 ? 200 : 206, rest.length);
      exchange.getResponseBody().write(rest, 0, Math.min(rest.length, breakOffAfter));
      exchange.getResponseBody().flush();
    }
  }

  private static void send(HttpExchange exchange, int status, byte[] bytes) throws IOException {
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
  }
}
