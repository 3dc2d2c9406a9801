package io.sparkpeft.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.SparkPeftException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubDownloadTest {
  private static final HubRepository TINY =
      new HubRepository(HubRepository.Type.MODEL, "owner/tiny", "main");

  @TempDir Path folder;

  private final LoopbackHub hub = new LoopbackHub();
  private final List<String> messages = new ArrayList<>();
  private final byte[] weights = new byte[300_000];

  @BeforeEach
  void fill() {
    new Random(1).nextBytes(weights);
    hub.small("config.json", "{\"model_type\": \"llama\"}");
    hub.small("nested folder/notes.md", "");
    hub.large("model.safetensors", weights);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private HubDownload.Result download(HubRepository repository, String... allow) {
    Patterns patterns = new Patterns(List.of(allow), List.of());
    return new HubDownload(Hub.of(hub.environment()), repository, patterns, messages::add)
        .into(folder);
  }

  @Test
  void allFilesComeWithTheirHashesChecked() throws IOException {
    HubDownload.Result result = download(TINY);
    assertThat(result.commit()).isEqualTo(LoopbackHub.COMMIT);
    assertThat(result.files()).hasSize(3);
    assertThat(result.transferred()).isEqualTo(result.bytes()).isEqualTo(300_000 + 23);
    assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(folder.resolve("config.json")).hasContent("{\"model_type\": \"llama\"}");
    assertThat(folder.resolve("nested folder/notes.md")).isEmptyFile();
    assertThat(messages.get(0))
        .isEqualTo("owner/tiny at main is commit " + LoopbackHub.COMMIT + ": 3 files, 0.3 MB.");
  }

  @Test
  void whatIsThereIsNotTransferredAgain() {
    download(TINY);
    assertThat(download(TINY).transferred()).isZero();
    assertThat(hub.ranges).containsExactly(0L);
  }

  @Test
  void aBrokenTransferGoesOnWhereItBrokeOff() {
    hub.breakOffAfter = 131_072;
    HubDownload.Result result = download(TINY, "*.safetensors");
    assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(hub.ranges).hasSizeGreaterThan(1).isSorted().startsWith(0L);
    assertThat(result.transferred()).isEqualTo(300_000);
  }

  @Test
  void itGoesOnInAnotherProcessToo() throws IOException {
    hub.breakOffAfter = 10_000;
    assertThatThrownBy(() -> download(TINY, "*.safetensors"))
        .hasMessageContaining("broke off at ")
        .hasMessageContaining("of 300,000 bytes")
        .hasMessageEndingWith("Start again: it goes on where it broke off.");
    long there = Files.size(folder.resolve("model.safetensors.incomplete"));
    assertThat(there).isPositive();
    hub.breakOffAfter = Integer.MAX_VALUE;
    hub.ranges.clear();
    download(TINY, "*.safetensors");
    assertThat(hub.ranges).containsExactly(there);
    assertThat(folder.resolve("model.safetensors")).hasBinaryContent(weights);
  }

  @Test
  void aFileWithAnotherHashIsRefusedAndDeleted() {
    hub.tampers = true;
    assertThatThrownBy(() -> download(TINY))
        .hasMessage(
            "model.safetensors of owner/tiny at main came with another hash than the hub names."
                + " It was changed or damaged on its way; it is deleted here. Start again; if it"
                + " happens again, do not trust what lies between.");
    assertThat(folder.resolve("model.safetensors")).doesNotExist();
    assertThat(folder.resolve("model.safetensors.incomplete")).doesNotExist();
  }

  @Test
  void theTokenOpensTheHubAndIsShownToNobodyElse() {
    hub.token = "hf_secret";
    download(TINY);
    assertThat(hub.tokensShown).containsExactly(false);
    assertThat(messages).noneMatch(message -> message.contains("hf_secret"));
  }

  @Test
  void withoutATokenItSaysWhatIsMissing() {
    Map<String, String> environment = hub.environment();
    hub.token = "hf_secret";
    assertThatThrownBy(
            () ->
                new HubDownload(
                        Hub.of(environment),
                        TINY,
                        new Patterns(List.of(), List.of()),
                        messages::add)
                    .into(folder))
        .isInstanceOf(SparkPeftException.class)
        .hasMessageContaining("refuses owner/tiny at main (401). It is not public or does not")
        .hasMessageContaining("HF_TOKEN is not set");
  }

  @Test
  void anUnknownRepositoryOrRevisionIsSaid() {
    assertThatThrownBy(
            () -> download(new HubRepository(HubRepository.Type.MODEL, "owner/tiny", "v9")))
        .hasMessageContaining("refuses owner/tiny at v9 (404). There is no such repository");
  }

  @Test
  void patternsThatLeaveNothingAreSaid() {
    assertThatThrownBy(() -> download(TINY, "*.gguf"))
        .hasMessage(
            "Nothing of owner/tiny at main is wanted. It has 3 files, and the patterns leave none"
                + " of them. Correct download.allow_patterns and download.ignore_patterns.");
  }

  @Test
  void aHubThatIsNotThereIsBadLuck() {
    hub.close();
    assertThatThrownBy(() -> download(TINY)).hasMessageStartingWith("Cannot reach the hub http://");
  }

  @Test
  void noFileIsWrittenOutsideTheFolder() {
    hub.small("../outside", "x");
    assertThatThrownBy(() -> download(TINY))
        .hasMessageStartingWith("The hub names a file '../outside'.");
    assertThat(folder.resolveSibling("outside")).doesNotExist();
  }

  @Test
  void patternsAreHuggingFaces() {
    Patterns patterns = new Patterns(List.of("*.json", "data/"), List.of("data/*.bin"));
    assertThat(List.of("a.json", "x/b.json", "data/c.txt", "data/x/d", "data/e.bin", "f.txt"))
        .filteredOn(patterns::take)
        .containsExactly("a.json", "x/b.json", "data/c.txt", "data/x/d");
  }

  @Test
  void anIdIsOwnerAndName() {
    assertThatThrownBy(() -> new HubRepository(HubRepository.Type.MODEL, "https://x/y", "main"))
        .hasMessageStartingWith("'https://x/y' is no repository of a hub.");
  }
}
