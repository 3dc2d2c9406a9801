package io.sparkpeft.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.api.LabelledText;
import io.sparkpeft.api.LabelledText.Token;
import io.sparkpeft.api.Results;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.rapaio.jupyter.kernel.display.DisplayData;
import org.rapaio.jupyter.kernel.display.DisplaySystem;
import org.rapaio.jupyter.kernel.display.spi.DisplayProvider;

class RichDisplayTest {

  @Test
  void theKernelFindsIt() {
    assertThat(ServiceLoader.load(DisplayProvider.class))
        .hasAtLeastOneElementOfType(RichDisplay.class);
  }

  @Test
  void aTokenTableSaysWhatWasDropped() {
    assertThat(text(Results.prepared()))
        .isEqualTo(
            """
            A token table
            5,998 examples of 6,000 records.
              dropped                      bad_record 1, empty_answer 1
              tokens                       200,000
              of them to be predicted      20,000 (10 %)
              table                        tables/tokens, version 3
              run                          4bf1, in 1 min 15 s""");
  }

  @Test
  void anAdapterSaysHowItCameAbout() {
    assertThat(text(Results.finetuned()))
        .isEqualTo(
            """
            An adapter
            runs/x/adapter
              trained values               97,792
              loss                         8.274 → 0.0667 nats per target token
              steps                        150
              speed                        3,814 tokens per second
              attempts                     2, the last from step 100
              SHA-256                      0123456789ab…
              run                          4bf1, finished earlier in 1 min 15 s""");
  }

  @Test
  void aCertificateOpensWithItsVerdict() {
    DisplayData certificate = shown(Results.merged());
    assertThat(certificate.data().get("text/plain").toString())
        .startsWith(
            "Merge certificate\nMerging changed the logits by 0.4 % of what the adapter changes"
                + " them; 100 % of the greedy tokens stay the same.\n")
        .contains("28, by up to 0.2083", "55 of 55, from 8 prompts");
    assertThat(certificate.data().get("text/html").toString())
        .contains("Merge certificate", "runs/x/model");
  }

  @Test
  void scoresAreBarsBesideTheBases() {
    DisplayData scores = shown(Results.evaluated());
    assertThat(scores.data().get("text/plain"))
        .isEqualTo("Scores\nsums (250 questions)\n  base: 0 ± 0\n  with adapter: 0.900 ± 0.020");
    assertThat(scores.data().get("text/html").toString()).containsOnlyOnce("<svg");
  }

  @Test
  void answersAreATableAndEscaped() {
    DisplayData answers = shown(Results.generated());
    assertThat(answers.data().get("text/plain")).isEqualTo("prompt  answer\n1 < 2?  yes\\nit is\n");
    assertThat(answers.data().get("text/html").toString()).contains("1 &lt; 2?", "yes\nit is");
  }

  @Test
  void whatIsPredictedIsMarked() {
    LabelledText example =
        new LabelledText(
            7,
            List.of(
                new Token(1, "<s>", false), new Token(5, "Q\n", false), new Token(9, "42", true)));
    assertThat(text(example))
        .isEqualTo(
            "<s>Q\n[42]\nexample 7: 3 tokens, 1 of them to be predicted (marked), the others"
                + " masked");
    assertThat(shown(example).data().get("text/html").toString())
        .contains("title=\"token 5\"", "Q↵</span>\n", "&lt;s&gt;");
    assertThat(text(List.of(example, example)).split("example 7", -1)).hasSize(3);
  }

  @Test
  void otherListsLookAsTheKernelHasThem() {
    assertThat(shown(List.of("a", "b")).data().toString()).contains("[a,b]");
    assertThat(RichDisplay.render(Map.of())).isEmpty();
  }

  private static DisplayData shown(Object value) {
    return DisplaySystem.inst().render(value);
  }

  private static String text(Object value) {
    return shown(value).data().get("text/plain").toString();
  }
}
