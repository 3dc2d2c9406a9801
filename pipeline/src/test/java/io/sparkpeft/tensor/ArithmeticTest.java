package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ArithmeticTest {
  @Test
  void isWrittenAndReadInOneLine() {
    Arithmetic arithmetic = new Arithmetic(Dtype.BFLOAT16, Product.ONEDNN, "avx2+avx512f");
    assertThat(arithmetic.text()).isEqualTo("bfloat16/onednn/avx2+avx512f");
    assertThat(Arithmetic.parse(arithmetic.text())).isEqualTo(arithmetic);
  }

  @Test
  void refusesWhatItDidNotWrite() {
    assertThatThrownBy(() -> Arithmetic.parse("float32"))
        .hasMessageContaining("'float32' does not name an arithmetic.");
    assertThatThrownBy(() -> new Arithmetic(Dtype.INT8, Product.PLAIN, ""))
        .hasMessageContaining("Cannot compute in int8.");
  }

  @Test
  void readsTheProcessorsDescription() {
    Processor processor =
        Processor.parse("vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2 avx512f avx512_bf16\n");
    assertThat(processor.instructionSet()).isEqualTo("avx2+avx512f+avx512_bf16");
    assertThat(processor.multipliesBfloat16()).isTrue();
  }

  @Test
  void theFasterProductIsTakenWhereItIsClearlyFaster() {
    assertThat(ProductTrial.chosen(240, 100)).isEqualTo(Product.ONEDNN);
    assertThat(ProductTrial.chosen(110, 100)).isEqualTo(Product.ONEDNN);
    assertThat(ProductTrial.chosen(104, 100)).isEqualTo(Product.PLAIN);
    assertThat(ProductTrial.chosen(100, 240)).isEqualTo(Product.PLAIN);
  }

  @Test
  void rowsAreFilledUpWhereProductsAreCompiledForThem() {
    assertThat(new Arithmetic(Dtype.FLOAT32, Product.ONEDNN, "avx2").rowMultiple()).isEqualTo(32);
    assertThat(new Arithmetic(Dtype.BFLOAT16, Product.PLAIN, "avx2").rowMultiple()).isEqualTo(32);
    assertThat(new Arithmetic(Dtype.FLOAT32, Product.PLAIN, "avx2").rowMultiple()).isEqualTo(1);
    assertThat(new Arithmetic(Dtype.BFLOAT16, Product.PLAIN, Arithmetic.CUDA).rowMultiple())
        .isEqualTo(1);
  }

  @Test
  void aProcessKeepsToItsTrial() {
    Arithmetic first = Arithmetic.choose(Optional.empty(), Dtype.FLOAT32, Device.cpu());
    assertThat(Arithmetic.choose(Optional.empty(), Dtype.FLOAT32, Device.cpu())).isEqualTo(first);
    assertThat(Arithmetic.choose(Optional.of(Dtype.BFLOAT16), Dtype.FLOAT32, Device.cpu()))
        .isEqualTo(new Arithmetic(Dtype.BFLOAT16, Product.PLAIN, first.instructionSet()));
  }

  /** Checkpoints of a run without Java's vectors go on where there are some; not the reverse. */
  @Test
  void javasVectorsAreUsedWhereTheyWereChosen() {
    String processor = Processor.here().instructionSet();
    Arithmetic without = new Arithmetic(Dtype.FLOAT32, Product.PLAIN, processor);
    Arithmetic with = new Arithmetic(Dtype.FLOAT32, Product.PLAIN, processor + "+vectors");
    assertThat(without.attention()).isEqualTo(Attention.BLOCKS);
    assertThat(without.runsOn(Device.cpu())).isTrue();
    assertThat(with.attention()).isEqualTo(Attention.LANES);
    assertThat(with.runsOn(Device.cpu())).isEqualTo(ProcessorLanes.ofThisMachine().isPresent());
  }

  @Test
  void anUnknownProcessorHasABaseline() {
    assertThat(Processor.parse("").instructionSet()).isEqualTo("baseline");
  }
}
