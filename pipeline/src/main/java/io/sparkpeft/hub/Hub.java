package io.sparkpeft.hub;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A hub that speaks Hugging Face's API. Redirects are followed by hand: the token goes to the hub
 * itself and to nobody else.
 */
public final class Hub {
  private static final String PUBLIC = "https://huggingface.co";
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int MOST_REDIRECTS = 5;

  private final URI endpoint;
  private final Optional<String> token;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(PATIENCE)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();

  private Hub(URI endpoint, Optional<String> token) {
    this.endpoint = endpoint;
    this.token = token;
  }

  /**
   * As the environment says: {@code HF_ENDPOINT}, and {@code HF_TOKEN} for what is not public.
   *
   * @param environment that of the process
   */
  public static Hub of(Map<String, String> environment) {
    String endpoint = environment.getOrDefault("HF_ENDPOINT", PUBLIC).replaceFirst("/+$", "");
    return new Hub(
        URI.create(endpoint),
        Optional.ofNullable(environment.get("HF_TOKEN")).filter(token -> !token.isBlank()));
  }

  /**
   * What a repository holds.
   *
   * @param commit that the revision stands for now
   */
  record Listing(String commit, List<HubFile> files) {}

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such repository or revision,
   *     or the token does not open it; (75) if the hub cannot be reached
   */
  Listing list(HubRepository repository) {
    HttpResponse<InputStream> response = get(repository, repository.descriptionPath(), 0);
    try (InputStream body = response.body()) {
      JsonNode description = Json.parse(new String(body.readAllBytes(), StandardCharsets.UTF_8));
      List<HubFile> files = new ArrayList<>();
      description.path("siblings").forEach(sibling -> files.add(HubFile.of(sibling)));
      return new Listing(description.path("sha").asText(), files);
    } catch (IOException e) {
      throw HubErrors.unreachable(endpoint, e);
    }
  }

  /**
   * The bytes of a file, beginning with one of them.
   *
   * @param isWhole whether the hub sends the file from its beginning all the same
   */
  record Content(InputStream bytes, boolean isWhole) {}

  Content open(HubRepository repository, String commit, HubFile file, long from) {
    HttpResponse<InputStream> response =
        get(repository, repository.filePath(commit, file.path()), from);
    return new Content(response.body(), response.statusCode() == 200);
  }

  private HttpResponse<InputStream> get(HubRepository repository, String path, long from) {
    URI place = URI.create(endpoint + path);
    try {
      for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
        HttpResponse<InputStream> response =
            client.send(request(place, from), BodyHandlers.ofInputStream());
        Optional<String> next = response.headers().firstValue("location");
        if (response.statusCode() / 100 == 2) {
          return response;
        }
        response.body().close();
        if (response.statusCode() / 100 != 3 || next.isEmpty()) {
          throw HubErrors.refused(endpoint, repository, response.statusCode(), token.isPresent());
        }
        place = place.resolve(next.get());
      }
      throw HubErrors.tooManyRedirects(endpoint, repository);
    } catch (IOException e) {
      throw HubErrors.unreachable(endpoint, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw HubErrors.unreachable(endpoint, new IOException("interrupted", e));
    }
  }

  private HttpRequest request(URI place, long from) {
    HttpRequest.Builder request = HttpRequest.newBuilder(place).timeout(PATIENCE);
    token
        .filter(ignored -> isOurs(place))
        .ifPresent(secret -> request.header("Authorization", "Bearer " + secret));
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
    }
    return request.build();
  }

  private boolean isOurs(URI place) {
    return origin(place).equals(origin(endpoint));
  }

  private static String origin(URI place) {
    return (place.getScheme() + "://" + place.getHost() + ":" + place.getPort())
        .toLowerCase(Locale.ROOT);
  }

  URI endpoint() {
    return endpoint;
  }
}
