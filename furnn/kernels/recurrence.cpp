// The recurrence for whole sequences and its gradients, as furnn.kernels.cpu builds it.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>
#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif
#if defined(__AVX512F__)
constexpr int BYTES = 64, REGISTERS = 32;
#elif defined(__AVX__)
constexpr int BYTES = 32, REGISTERS = 16;
#elif defined(__aarch64__)
constexpr int BYTES = 16, REGISTERS = 32;
#else
constexpr int BYTES = 16, REGISTERS = 16;
#endif
typedef int64_t I;
constexpr bool FEW = REGISTERS < 32;
constexpr int WIDE = FEW ? 2 : 1, WIDEST = FEW ? 3 : 1;     // blocks multiplied at once, and where there are few rows
template <int P> constexpr int TOGETHER = FEW ? 1 : P;  // planes multiplied at once
template <class R> struct Vec {
  typedef R type __attribute__((vector_size(BYTES)));
  typedef std::conditional_t<sizeof(R) == 4, int, long long> lane;
  typedef lane mask __attribute__((vector_size(BYTES)));
  static constexpr int L = BYTES / sizeof(R);
};
template <class R> using V = typename Vec<R>::type;
template <class R, int P> constexpr int ROW = TOGETHER<P> * Vec<R>::L;  // from one row of a block to the next
template <class R, int P> inline I plane(I size) { return TOGETHER<P> == P ? Vec<R>::L : size / P; }  // from one plane to the next
#if defined(__clang__)
#define SHUFFLE(a, b, lanes) __builtin_shufflevector(a, b, lanes...)
#else
#define SHUFFLE(a, b, lanes) __builtin_shuffle(a, b, typename Vec<R>::mask{lanes...})
#endif
template <class R, int P> inline void put(R* blocks, I jump, I row, I j, V<R> re, V<R> im) {  // jump: from block to block
  constexpr int L = Vec<R>::L;
  V<R> planes[3] = {re, im, re + im};
  for (int p = 0; p < P; p++)
    if (R* to = blocks + row * ROW<R, P> + p * plane<R, P>(jump); j % L == 0) *(V<R>*)(to + j / L * jump) = planes[p];
    else for (int l = 0; l < L; l++) to[(j + l) / L * jump + (j + l) % L] = planes[p][l];
}
template <class R> inline I blocks_of(I N) { return (N + Vec<R>::L - 1) / Vec<R>::L; }
template <class R> inline I first(I block, I N) {  // first column of a block to compute
  I L = Vec<R>::L; return std::min(block * L, std::max<I>(N - L, 0));
}
template <class R, int P> void pack(const R* W, I N, bool adjoint, R* out) {
  constexpr int L = Vec<R>::L, C = P == 1 ? 1 : 2;
  for (I block = 0; block < blocks_of<R>(N); block++)
    for (I k = 0; k < N; k++) {
      V<R> re{}, im{};
      for (int l = 0; l < std::min<I>(L, N); l++) {
        I j = first<R>(block, N) + l, at = C * (adjoint ? k * N + j : j * N + k);  // W^H[k][j] or W^T[k][j]
        re[l] = W[at];
        if (P == 3) im[l] = adjoint ? -W[at + 1] : W[at + 1];
      }
      put<R, P>(out, N * P * L, k, block * L, re, im);
    }
}
template <class R, int PP, int DOWN, int STEP, int NR, int MR>
__attribute__((noinline)) void product(const R* a, I block, I jump, const R* right, I stride, I K, V<R>* sums) {
  constexpr int L = Vec<R>::L, C = NR * PP;
  V<R> s[MR][C];
  for (int i = 0; i < MR; i++) for (int c = 0; c < C; c++) s[i][c] = V<R>{};
  for (I k = 0; k < K; k += block, a += jump) {
    const R *at = a, *end = a + std::min(block, K - k) * STEP;
    for (; at < end; at += STEP, right += PP * L) {
      V<R> w[C];
      for (int c = 0; c < C; c++) w[c] = *(const V<R>*)(right + c / PP * stride + c % PP * L);
      for (int i = 0; i < MR; i++) for (int c = 0; c < C; c++) s[i][c] += at[i * DOWN + c % PP * L] * w[c];
    }
  }
  for (int i = 0; i < MR; i++) for (int c = 0; c < C; c++) sums[i * C + c] = s[i][c];
}
template <int C> constexpr int MOST = std::min(16, (REGISTERS - C - FEW) / C);  // rows whose sums fit into the registers
template <class R, int PP, int DOWN, int STEP, int NR, int MR = MOST<NR * PP>>
inline void rows(int mr, const R* a, I block, I jump, const R* right, I stride, I K, V<R>* sums) {
  if constexpr (MR > 0) {  // the compiler needs to know the number of rows: one copy of the loop for each
    if (mr == MR) product<R, PP, DOWN, STEP, NR, MR>(a, block, jump, right, stride, K, sums);
    else rows<R, PP, DOWN, STEP, NR, MR - 1>(mr, a, block, jump, right, stride, K, sums);
  }
}
template <class R> inline V<R> get(const R* from) { V<R> v; __builtin_memcpy(&v, from, BYTES); return v; }
template <class R> inline void set(R* to, V<R> v) { __builtin_memcpy(to, &v, BYTES); }
inline void ahead(const void* p, int bytes) { for (int b = 0; b < bytes; b += 64) __builtin_prefetch((const char*)p + b); }
inline void fresh(void* p, size_t bytes) {
#ifdef MADV_HUGEPAGE
  size_t page = 1 << 21, start = ((size_t)p + page - 1) / page * page, end = ((size_t)p + bytes) / page * page;
  if (end > start) madvise((void*)start, end - start, MADV_HUGEPAGE);
#endif
}
template <class R> using Lanes = std::make_integer_sequence<int, Vec<R>::L>;
template <class R, int... K> inline void unzip(V<R> a, V<R> b, V<R>& re, V<R>& im, std::integer_sequence<int, K...>) {
  re = SHUFFLE(a, b, (2 * K)); im = SHUFFLE(a, b, (2 * K + 1));
}
template <class R, int... K> inline void zip(V<R> re, V<R> im, V<R>& a, V<R>& b, std::integer_sequence<int, K...>) {
  constexpr int L = sizeof...(K);
  a = SHUFFLE(re, im, (K / 2 + K % 2 * L)); b = SHUFFLE(re, im, ((L + K) / 2 + K % 2 * L));
}
template <class R, int P> inline void load(const R* from, I n, V<R>& re, V<R>& im) {
  constexpr int L = Vec<R>::L, C = P == 1 ? 1 : 2;
  if (n < L) {
    R few[2 * L] = {};
    for (I l = 0; l < C * n; l++) few[l] = from[l];
    return load<R, P>(few, L, re, im);
  }
  if constexpr (P == 1) { re = get(from); im = V<R>{}; }
  else unzip<R>(get(from), get(from + L), re, im, Lanes<R>{});
}
template <class R, int P> inline void store(R* to, I n, V<R> re, V<R> im) {
  constexpr int L = Vec<R>::L, C = P == 1 ? 1 : 2;
  R few[2 * L], *target = n < L ? few : to;
  if constexpr (P == 1) set(target, re);
  else { V<R> a, b; zip<R>(re, im, a, b, Lanes<R>{}); set(target, a); set(target + L, b); }
  if (n < L) for (I l = 0; l < C * n; l++) to[l] = few[l];
}
template <class R> inline V<R> root(V<R> x) {
  R a[Vec<R>::L]; set(a, x);
  for (int l = 0; l < Vec<R>::L; l++) a[l] = std::sqrt(a[l]);
  return get(a);
}
template <class R, int P, int DOWN, int STEP, int NR, class F>
inline void columns(const R* a, I block, I jump, I count, const R* right, I stride, I q, I K, F finish) {
  constexpr int PP = TOGETHER<P>, C = NR * PP, PANEL = MOST<C> * (PP == P ? 1 : 8);
  V<R> sums[P / PP][PANEL * C];
  I panels = (count + PANEL - 1) / PANEL;
  for (I r = 0, m = 0; m < panels; m++) {
    I here = count / panels + (m < count % panels), groups = (here + MOST<C> - 1) / MOST<C>;
    for (int p = 0; p < P / PP; p++)
      for (I g = 0, i = 0; g < groups; g++) {
        int mr = (int)(here / groups + (g < here % groups));
        rows<R, PP, DOWN, STEP, NR>(mr, a + (r + i) * DOWN + p * plane<R, P>(jump), block, jump,
                                 right + q * stride + p * plane<R, P>(stride), stride, K, sums[p] + i * C);
        i += mr;
      }
    for (I i = 0; i < here; i++)
      for (int c = 0; c < NR; c++) {
        auto sum = [&](int p) { return sums[p / PP][i * C + c * PP + p % PP]; };
        V<R> re = sum(0), im{};
        if constexpr (P == 3) { V<R> p0 = re, p1 = sum(1); re = p0 - p1; im = sum(2) - p0 - p1; }
        finish(r + i, q + c, re, im);
      }
    r += here;
  }
}
template <class R, int P, int DOWN, int STEP, int NR = WIDE, class F>
inline void sweep(const R* a, I block, I jump, I count, const R* right, I stride, I blocks, I K, F finish) {
  I q = 0;
  for (; q + NR <= blocks; q += NR) columns<R, P, DOWN, STEP, NR>(a, block, jump, count, right, stride, q, K, finish);
  if constexpr (NR > 1) for (; q < blocks; q++) columns<R, P, DOWN, STEP, 1>(a, block, jump, count, right, stride, q, K, finish);
}
template <class R> struct Scratch {  // zeroed, aligned to a vector
  std::vector<R> all; R* data;
  explicit Scratch(I n) : all(n + BYTES / sizeof(R)) {
    data = (R*)(((size_t)all.data() + BYTES - 1) / BYTES * BYTES);
  }
};
template <class R, int P>
void forward(const R* x, const R* W, const R* bias, const R* h0, R* H, R* inverse_m, I T, I B, I N, R eps, I lo, I hi) {
  constexpr int L = Vec<R>::L, C = P == 1 ? 1 : 2;
  I blocks = blocks_of<R>(N), count = hi - lo, jump = count * P * L, n = std::min<I>(L, N);
  Scratch<R> one(blocks * jump), two(blocks * jump);
  R *now = one.data, *next = two.data;
  V<R> zero{};
  for (I q = 0; q < blocks; q++)
    for (I i = 0, j = first<R>(q, N); i < count; i++) {
      V<R> re, im; load<R, P>(h0 + C * ((lo + i) * N + j), n, re, im); put<R, P>(now, jump, i, j, re, im);
    }
  for (I t = 0; t < T; t++) {
    sweep<R, P, ROW<R, P>, 1>(now, L, jump, count, W, N * P * L, blocks, N, [&](I i, I q, V<R> re, V<R> im) {
      I j = first<R>(q, N), at = (t * B + lo + i) * N + j;
      V<R> xr, xi, b, none; load<R, P>(x + C * at, n, xr, xi); load<R, 1>(bias + j, n, b, none);
      ahead(x + C * (at + B * N), C * BYTES);
      re += xr; im += xi;
      V<R> over = 1 / root<R>(re * re + im * im + eps), s = 1 + b * over;  // 1/m and s
      s = s <= zero ? zero : s;  // NaN stays NaN
      re *= s; im *= s;
      store<R, P>(H + C * at, n, re, im);
      if (inverse_m) store<R, 1>(inverse_m + at, n, over, zero);
      put<R, P>(next, jump, i, j, re, im);
    });
    std::swap(now, next);
  }
}
template <class R, int P>
void add_weight_gradient(const R* H, const R* h0, R* right, const R* left, I jump, R* gW, I t, I steps, I B, I N, I lo, I count) {
  constexpr int L = Vec<R>::L, C = P == 1 ? 1 : 2;
  I blocks = blocks_of<R>(N), K = steps * count, n = std::min<I>(L, N);
  for (I k = 0; k < K; k++) {
    I s = t + k / count, i = lo + k % count;
    const R* h = s ? H + C * ((s - 1) * B + i) * N : h0 + C * i * N;
    for (I q = 0; q < blocks; q++) {
      I j = first<R>(q, N);
      V<R> re, im; load<R, P>(h + C * j, n, re, im); put<R, P>(right, K * P * L, k, j, re, -im);
    }
  }
  for (I unit = 0; unit < N; unit += L)
    sweep<R, P, 1, ROW<R, P>, WIDEST>(left + unit / L * jump, K, jump, std::min<I>(L, N - unit), right, K * P * L, blocks, K,
                                      [&](I i, I q, V<R> re, V<R> im) {
      V<R>* sum = (V<R>*)(gW + (q * N + unit + i) * C * L);
      sum[0] += re;
      if (P == 3) sum[C - 1] += im;
    });
}
template <class R, int P>
void backward(const R* gH, const R* H, const R* inverse_m, const R* W, const R* bias, const R* h0,
              R* gx, R* gW, R* gb, R* gh0, I T, I B, I N, I lo, I hi) {
  constexpr int L = Vec<R>::L, C = P == 1 ? 1 : 2;
  I blocks = blocks_of<R>(N), count = hi - lo, n = std::min<I>(L, N), slot = count * ROW<R, P>;
  I chunk = std::min(T, std::max<I>(1, 256 / count)), jump = (chunk + 1) * count * P * L;
  Scratch<R> left(blocks * jump), right(gW ? blocks * chunk * count * P * L : 0);
  V<R> zero{};
  for (I t = T - 1; t >= 0; t--) {
    R* now = left.data + t % chunk * slot;
    if (t % chunk == chunk - 1)
      for (I q = 0; q < blocks; q++)
        for (I p = 0, at = q * jump; p < P / TOGETHER<P>; p++, at += plane<R, P>(jump)) std::copy_n(left.data + at, slot, now + slot + at);
    sweep<R, P, ROW<R, P>, 1>(now + slot, L, jump, count, W, N * P * L, blocks, t < T - 1 ? N : 0, [&](I i, I q, V<R> gr, V<R> gi) {
      I j = first<R>(q, N), at = (t * B + lo + i) * N + j;
      V<R> ar, ai, hr, hi_, over, b, none;
      load<R, P>(gH + C * at, n, ar, ai); load<R, P>(H + C * at, n, hr, hi_);
      load<R, 1>(inverse_m + at, n, over, none); load<R, 1>(bias + j, n, b, none);
      ahead(gH + C * (at - B * N), C * BYTES); ahead(H + C * (at - B * N), C * BYTES); ahead(inverse_m + at - B * N, BYTES);
      gr += ar; gi += ai;
      V<R> s = 1 + b * over;
      auto dead = s <= zero;  // not of NaN; and 0 * NaN, below, is NaN
      V<R> lifted = over / s, u = (gr * hr + gi * hi_) * lifted, c = b * over * lifted * u;  // 1/(m + b), db, b u / (m^3 s^2)
      V<R> zr = dead ? 0 * gr : s * gr - c * hr, zi = dead ? 0 * gi : s * gi - c * hi_;
      *(V<R>*)(gb + q * L) += dead ? zero : u;
      store<R, P>(gx + C * at, n, zr, zi);
      put<R, P>(now, jump, i, j, zr, zi);
    });
    if (gW && t % chunk == 0)
      add_weight_gradient<R, P>(H, h0, right.data, now, jump, gW, t, std::min(chunk, T - t), B, N, lo, count);
  }
  sweep<R, P, ROW<R, P>, 1>(left.data, L, jump, count, W, N * P * L, blocks, N, [&](I i, I q, V<R> gr, V<R> gi) {
    store<R, P>(gh0 + C * ((lo + i) * N + first<R>(q, N)), n, gr, gi);
  });
}
template <class F> void share(I B, I threads, F work) {
  std::vector<std::thread> pool;
  for (I k = 1; k < threads; k++) pool.emplace_back(work, k, B * k / threads, B * (k + 1) / threads);
  work(0, 0, B / threads);
  for (auto& t : pool) t.join();
}
template <class R> struct Parts {  // a sum of each thread; rows of whole vectors
  I size, threads; Scratch<R> all;
  Parts(I size, I threads) : size(size), threads(threads), all(size * threads) {}
  R* of(I k) { return size ? all.data + k * size : nullptr; }
  R total(I at) { R sum = 0; for (I k = 0; k < threads; k++) sum += all.data[k * size + at]; return sum; }
};
template <class R, int P> void run_forward(const R* x, const R* W, const R* bias, const R* h0, R* H, R* inverse_m,
                                           I T, I B, I N, double eps, I threads) {
  Scratch<R> packed(blocks_of<R>(N) * Vec<R>::L * N * P);
  pack<R, P>(W, N, false, packed.data);
  fresh(H, (P == 1 ? 1 : 2) * T * B * N * sizeof(R));
  if (inverse_m) fresh(inverse_m, T * B * N * sizeof(R));
  share(B, std::max<I>(1, std::min(threads, B)), [&](I, I lo, I hi) {
    forward<R, P>(x, packed.data, bias, h0, H, inverse_m, T, B, N, (R)eps, lo, hi); });
}
template <class R, int P> void run_backward(const R* gH, const R* H, const R* inverse_m, const R* W, const R* bias,
                                            const R* h0, R* gx, R* gW, R* gb, R* gh0, I T, I B, I N, I threads) {
  constexpr int L = Vec<R>::L, C = P == 1 ? 1 : 2;
  threads = std::max<I>(1, std::min(threads, B));
  I blocks = blocks_of<R>(N);
  Scratch<R> packed(blocks * L * N * P);
  pack<R, P>(W, N, true, packed.data);
  fresh(gx, C * T * B * N * sizeof(R));
  Parts<R> weights(gW ? blocks * L * N * C : 0, threads), biases(blocks * L, threads);
  share(B, threads, [&](I k, I lo, I hi) {
    backward<R, P>(gH, H, inverse_m, packed.data, bias, h0, gx, weights.of(k), biases.of(k), gh0, T, B, N, lo, hi); });
  for (I q = 0; q < blocks; q++) for (I l = 0; l < std::min<I>(L, N); l++) gb[first<R>(q, N) + l] = biases.total(q * L + l);
  if (gW)
    for (I i = 0; i < N; i++) for (I j = 0; j < N; j++) for (int c = 0; c < C; c++)
      gW[(i * N + j) * C + c] = weights.total(((j / L * N + i) * C + c) * L + j % L);
}
#define ENTRY(NAME, R, P)                                                                                        \
  extern "C" void NAME##_forward(const R* x, const R* W, const R* bias, const R* h0, R* H, R* m, I T, I B, I N,   \
                                 double eps, I threads) {                                                         \
    run_forward<R, P>(x, W, bias, h0, H, m, T, B, N, eps, threads); }                                             \
  extern "C" void NAME##_backward(const R* gH, const R* H, const R* m, const R* W, const R* bias, const R* h0,    \
                                  R* gx, R* gW, R* gb, R* gh0, I T, I B, I N, I threads) {                        \
    run_backward<R, P>(gH, H, m, W, bias, h0, gx, gW, gb, gh0, T, B, N, threads); }
ENTRY(float_real, float, 1) ENTRY(float_complex, float, 3) ENTRY(double_real, double, 1) ENTRY(double_complex, double, 3)
