package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class KernelSourceTest {
  private static final KernelSource SOURCE =
      new KernelSource(
          """
          # A comment.
          def twice(x: Tensor) -> Tensor:
              return 2 * x

          def four_times(
              x: Tensor, size: int
          ) -> List[Tensor]:
              return [twice(twice(x)).to(torch.float32), torch.twice(x)]
          """);

  @Test
  void findsTheFunctions() {
    assertThat(SOURCE.signatures())
        .extracting(KernelSource.Signature::name, KernelSource.Signature::result)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("twice", "Tensor"),
            org.assertj.core.groups.Tuple.tuple("four_times", "List[Tensor]"));
    assertThat(SOURCE.signatures().get(1).parameterNames()).containsExactly("x", "size");
  }

  @Test
  void namesCallsInFullAndElementTypesByNumber() {
    assertThat(SOURCE.linked())
        .contains("__torch__.twice(__torch__.twice(x)).to(6), torch.twice(x)")
        .contains("def twice(");
  }

  @Test
  void makesAMethodOfEach() {
    assertThat(SOURCE.methods("K"))
        .contains("def four_times(self: __torch__.K, x: Tensor, size: int) -> List[Tensor]:")
        .contains("return __torch__.four_times(x, size)");
  }
}
