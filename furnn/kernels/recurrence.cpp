// The recurrence h_t = modReLU(W h_(t-1) + x_t), and its gradient, over all steps of a sequence.
// The chapter on the CPU kernel explains this file part by part. The language is C++17 with the
// vector types of GCC and Clang. Nothing here allocates memory: the caller passes scratch memory.

// part: vectors
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__AVX512F__)
constexpr int BYTES = 64, REGISTERS = 32;
#elif defined(__AVX__)
constexpr int BYTES = 32, REGISTERS = 16;
#elif defined(__aarch64__)
constexpr int BYTES = 16, REGISTERS = 32;
#else
constexpr int BYTES = 16, REGISTERS = 16;
#endif

namespace {

using Index = std::int64_t;

template <class Real> constexpr int LANES = BYTES / sizeof(Real);  // numbers in a vector

template <class Real> struct Types {
  using Lane = std::conditional_t<sizeof(Real) == 4, std::int32_t, std::int64_t>;
  typedef Real Vector __attribute__((vector_size(BYTES)));
  typedef Real Anywhere __attribute__((vector_size(BYTES), aligned(sizeof(Real)), may_alias));
  typedef Lane Mask __attribute__((vector_size(BYTES)));
};
template <class Real> using Vector = typename Types<Real>::Vector;

template <class Real> inline Vector<Real> get(const Real* from) {
  return *(const typename Types<Real>::Anywhere*)from;
}
template <class Real> inline void set(Real* to, Vector<Real> v) {
  *(typename Types<Real>::Anywhere*)to = v;
}
template <class Real> inline Vector<Real> square_root(Vector<Real> v) {
  for (int l = 0; l < LANES<Real>; l++) v[l] = std::sqrt(v[l]);
  return v;
}

// part: numbers
#if defined(__clang__)
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, typename Types<Real>::Mask{__VA_ARGS__})
#endif

template <class Real> struct Numbers {  // of a real network, im is not used
  Vector<Real> re{}, im{};
  Numbers operator+(Numbers z) const { return {re + z.re, im + z.im}; }
};

template <int Planes> constexpr int PARTS = Planes == 1 ? 1 : 2;  // real numbers of one in memory

template <class Real, int... K>
inline Numbers<Real> unzip(Vector<Real> a, Vector<Real> b, std::integer_sequence<int, K...>) {
  return {SHUFFLE(a, b, (2 * K)...), SHUFFLE(a, b, (2 * K + 1)...)};
}
template <class Real, int... K>
inline void zip(Real* to, Numbers<Real> z, std::integer_sequence<int, K...>) {
  constexpr int L = sizeof...(K);
  set(to, SHUFFLE(z.re, z.im, (K / 2 + K % 2 * L)...));
  set(to + L, SHUFFLE(z.re, z.im, ((L + K) / 2 + K % 2 * L)...));
}
template <class Real> using Lanes = std::make_integer_sequence<int, LANES<Real>>;

template <class Real, int Planes> inline Numbers<Real> load(const Real* from, Index n) {
  constexpr int L = LANES<Real>;
  if (n < L) {
    Real few[2 * L] = {};
    for (Index l = 0; l < PARTS<Planes> * n; l++) few[l] = from[l];
    return load<Real, Planes>(few, L);
  }
  if constexpr (Planes == 1) return {get(from)};
  else return unzip<Real>(get(from), get(from + L), Lanes<Real>{});
}
template <class Real, int Planes> inline void store(Real* to, Index n, Numbers<Real> z) {
  constexpr int L = LANES<Real>;
  Real few[2 * L], *target = n < L ? few : to;
  if constexpr (Planes == 1) set(target, z.re);
  else zip<Real>(target, z, Lanes<Real>{});
  if (n < L) for (Index l = 0; l < PARTS<Planes> * n; l++) to[l] = few[l];
}

// part: layout
template <class Real> inline Index blocks_of(Index N) {
  return (N + LANES<Real> - 1) / LANES<Real>;
}
template <class Real> inline Index first_of(Index block, Index N) {  // its first column
  constexpr Index L = LANES<Real>;
  return std::min(block * L, std::max<Index>(N - L, 0));
}
template <class Real> inline Index repeated_lanes(Index N) {  // at the start of the last block
  constexpr Index L = LANES<Real>;
  return N < L ? 0 : (L - N % L) % L;
}

template <class Real, int Planes, int Wide> struct Packed {
  static constexpr Index L = LANES<Real>;
  Real* data;
  Index rows, blocks;

  static Index size(Index rows, Index N) { return rows * blocks_of<Real>(N) * Planes * L; }
  Index groups() const { return (blocks + Wide - 1) / Wide; }
  Index width(Index group) const { return std::min<Index>(Wide, blocks - group * Wide); }
  Real* at(Index group, int plane, Index row = 0) const {
    return data + (group * Wide * Planes * rows + (plane * rows + row) * width(group)) * L;
  }
  void put(Index block, Index row, Numbers<Real> z) const {
    Index group = block / Wide, plane = rows * width(group) * L;
    Real* to = at(group, 0, row) + block % Wide * L;
    *(Vector<Real>*)to = z.re;
    if constexpr (Planes == 3) {
      *(Vector<Real>*)(to + plane) = z.im;
      *(Vector<Real>*)(to + 2 * plane) = z.re + z.im;
    }
  }
};

template <class Real, int Planes, int Wide>
void pack(const Real* W, Index N, bool adjoint, Packed<Real, Planes, Wide> out) {
  constexpr Index L = LANES<Real>, P = PARTS<Planes>;
  Index n = std::min(L, N);
  for (Index block = 0; block < out.blocks; block++)
    for (Index k = 0; k < N; k++) {
      Numbers<Real> w{};
      Index j = first_of<Real>(block, N);
      if (adjoint) {  // W^H[k][j]: conjugated, along a row of W
        w = load<Real, Planes>(W + P * (k * N + j), n);
        w.im = -w.im;
      } else {  // W^T[k][j]: down a column of W
        for (Index l = 0; l < n; l++) {
          const Real* from = W + P * ((j + l) * N + k);
          w.re[l] = from[0];
          if (Planes == 3) w.im[l] = from[1];
        }
      }
      out.put(block, k, w);
    }
}

// part: product
struct Soon {  // lines of memory that are needed soon, to be asked for one by one
  const char* lines[48 * 20];
  int count = 0, asked = 0, at_once = 1;

  template <int bytes> void add(const void* from) {
    for (int b = 0; b <= bytes; b += 64) lines[count++] = (const char*)from + b;
  }
  void ask() {
    for (int k = 0; k < at_once && asked < count; k++) __builtin_prefetch(lines[asked++], 0, 2);
  }
};

enum class Along { columns, rows };  // which way the sum runs through the left matrix

template <class Real, Along along, int Wide, int Rows>
__attribute__((noinline)) void multiply(const Real* left, Index jump, Index skip, Index K,
                                        const Real* right, bool add, Vector<Real>* sums,
                                        Soon& soon) {
  constexpr int L = LANES<Real>, Down = along == Along::columns ? L : 1;
  constexpr int Chains = Rows * Wide < 4 ? 4 : Rows * Wide < 8 ? 2 : 1;
  Vector<Real> s[Chains][Rows][Wide];
  for (int chain = 0; chain < Chains; chain++)
    for (int i = 0; i < Rows; i++)
      for (int c = 0; c < Wide; c++)
        s[chain][i][c] = add && chain == 0 ? sums[i * Wide + c] : Vector<Real>{};
  auto step = [&](const Real* at, int chain) {
    Vector<Real> w[Wide];
    for (int c = 0; c < Wide; c++) w[c] = *(const Vector<Real>*)(right + c * L);
    for (int i = 0; i < Rows; i++)
      for (int c = 0; c < Wide; c++) s[chain][i][c] += at[i * Down] * w[c];
    right += Wide * L;
  };
  if constexpr (along == Along::columns) {
    for (; K >= L; K -= L, left += jump) {
      soon.ask();
      for (int k = 0; k < L; k += Chains)
        for (int chain = 0; chain < Chains && k + chain < L; chain++) step(left + k + chain, chain);
    }
    for (left += skip; K > 0; K--) step(left++, 0);
  } else {
    for (; K > 0; K--, left += L) step(left, 0);
  }
  for (int i = 0; i < Rows; i++)
    for (int c = 0; c < Wide; c++) {
      for (int chain = 1; chain < Chains; chain++) s[0][i][c] += s[chain][i][c];
      sums[i * Wide + c] = s[0][i][c];
    }
}

// Rows whose sums fit into the registers, beside the vectors that are multiplied.
template <int Wide> constexpr int MOST = std::min(14, (REGISTERS - Wide - 1) / Wide);

template <class Real, Along along, int Wide, int Rows = MOST<Wide>, class... Rest>
inline void multiply_rows(Index rows, Rest&&... rest) {
  if constexpr (Rows > 0) {  // one copy of the loop for each number of rows
    if (rows == Rows) multiply<Real, along, Wide, Rows>(rest...);
    else multiply_rows<Real, along, Wide, Rows - 1>(rows, rest...);
  }
}

// part: sweep
constexpr int WIDE = 2;                // blocks of W that are multiplied at once
constexpr Index DEEP = 256, TALL = 48;  // rows of W, and of the states, that go together

template <class Real, int Planes, int Width, class Touch, class Finish>
void columns(Packed<Real, Planes, 1> left, Index row, Index count,
             Packed<Real, Planes, WIDE> right, Index group, Index K, Index N, Touch touch,
             Finish finish) {
  constexpr Index L = LANES<Real>;
  Vector<Real> sums[Planes][TALL * Width];
  Index jump = left.rows * Planes * L, skip = repeated_lanes<Real>(N);
  Index panels = (count + TALL - 1) / TALL;
  for (Index panel = 0; panel < panels; panel++) {
    Index from = count * panel / panels, to = count * (panel + 1) / panels, here = to - from;
    Index shares = (here + MOST<Width> - 1) / MOST<Width>, pauses = Planes * shares * (K / L);
    Soon soon;
    for (Index i = from; i < to; i++) touch(i, first_of<Real>(group * WIDE, N), soon);
    if (pauses) soon.at_once = int((soon.count + pauses - 1) / pauses);
    for (int p = 0; p < Planes; p++)
      for (Index k = 0; k == 0 || k < K; k += DEEP)
        for (Index share = 0; share < shares; share++) {
          Index i = here * share / shares, rows = here * (share + 1) / shares - i;
          multiply_rows<Real, Along::columns, Width>(
              rows, left.at(k / L, p, row + from + i), jump, skip, std::min(DEEP, K - k),
              right.at(group, p, k), k > 0, sums[p] + i * Width, soon);
        }
    for (Index c = 0; c < Width; c++)
      finish(group * WIDE + c, from, to, [&](Index i) -> Numbers<Real> {
        Index at = (i - from) * Width + c;
        if constexpr (Planes == 1) return {sums[0][at]};
        Vector<Real> p0 = sums[0][at], p1 = sums[1][at], p2 = sums[2][at];
        return {p0 - p1, p2 - p0 - p1};
      });
  }
}

template <class Real, int Planes, class Touch, class Finish>
inline void sweep(Packed<Real, Planes, 1> left, Index row, Index count,
                  Packed<Real, Planes, WIDE> right, Index K, Index N, Touch touch, Finish finish) {
  for (Index group = 0; group < right.groups(); group++)
    if (right.width(group) == WIDE)
      columns<Real, Planes, WIDE>(left, row, count, right, group, K, N, touch, finish);
    else
      columns<Real, Planes, 1>(left, row, count, right, group, K, N, touch, finish);
}

// part: forward
template <class Real> struct Sizes {
  Index T, B, N;
  Index blocks() const { return blocks_of<Real>(N); }
  Index lanes() const { return std::min<Index>(LANES<Real>, N); }  // that are used
  Index at(Index t, Index sequence, Index unit) const { return (t * B + sequence) * N + unit; }
};

template <class Real, int Planes> struct Forward : Sizes<Real> {
  const Real *x, *bias, *h0;
  Real *H, *inverse_m;
  Real eps;
  Packed<Real, Planes, WIDE> W;

  Index space(Index count) const { return 2 * Packed<Real, Planes, 1>::size(count, this->N); }
};

// s = 1 + b/m can be very small, so forward and backward need the same number to the last digit.
// The empty statement keeps compilers from joining product and sum in one place only, with one
// rounding.
template <class Real> inline Vector<Real> scale_of(Vector<Real> bias, Vector<Real> over) {
  Vector<Real> ratio = bias * over;
#if defined(__x86_64__)
  asm("" : "+x"(ratio));
#elif defined(__aarch64__)
  asm("" : "+w"(ratio));
#else
  asm("" : "+m"(ratio));
#endif
  return 1 + ratio;
}

template <class Real> struct State { Numbers<Real> h; Vector<Real> over; };  // and 1/m

template <class Real>
inline State<Real> modrelu(Numbers<Real> z, Vector<Real> bias, Real eps) {
  Vector<Real> over = 1 / square_root<Real>(z.re * z.re + z.im * z.im + eps), zero{};
  Vector<Real> s = scale_of<Real>(bias, over);
  s = s <= zero ? zero : s;  // NaN stays NaN
  return {{s * z.re, s * z.im}, over};
}

template <class Real, int Planes>  // `count` sequences from `lo` on
void forward(Forward<Real, Planes> f, Index lo, Index count, Real* scratch) {
  constexpr Index P = PARTS<Planes>;
  Index row = P * f.N, n = f.lanes(), blocks = f.blocks();
  Packed<Real, Planes, 1> now{scratch, count, blocks}, next = now;
  next.data += f.space(count) / 2;
  for (Index block = 0; block < blocks; block++)
    for (Index i = 0; i < count; i++) {
      const Real* h = f.h0 + P * f.at(0, lo + i, first_of<Real>(block, f.N));
      now.put(block, i, load<Real, Planes>(h, n));
    }
  for (Index t = 0; t < f.T; t++) {
    auto touch = [=](Index i, Index j, Soon& soon) {
      Index at = f.at(t, lo + i, j);
      soon.add<WIDE * P * BYTES>(f.x + P * at);
      soon.add<WIDE * P * BYTES>(f.H + P * at);
      if (f.inverse_m) soon.add<WIDE * BYTES>(f.inverse_m + at);
    };
    auto finish = [=](Index block, Index from, Index to, auto product) {
      Index j = first_of<Real>(block, f.N), at = f.at(t, lo + from, j);
      const Real* x_at = f.x + P * at;
      Real *h_at = f.H + P * at, *m_at = f.inverse_m ? f.inverse_m + at : nullptr;
      Vector<Real> b = load<Real, 1>(f.bias + j, n).re;
      for (Index i = from; i < to; i++, x_at += row, h_at += row) {
        auto [h, over] = modrelu<Real>(product(i) + load<Real, Planes>(x_at, n), b, f.eps);
        next.put(block, i, h);
        store<Real, Planes>(h_at, n, h);
        if (m_at) {
          store<Real, 1>(m_at, n, {over});
          m_at += f.N;
        }
      }
    };
    sweep(now, 0, count, f.W, f.N, f.N, touch, finish);
    std::swap(now, next);
  }
}

// part: weight
constexpr int BROAD = 3;      // blocks of states that are multiplied at once
constexpr Index CHUNK = 192;  // rows of states that go together

template <class Real, int Planes> struct WeightGradient {  // three real products, added up
  static constexpr Index L = LANES<Real>;
  Packed<Real, Planes, BROAD> right;
  Real* sums;
  Index N;

  Index space() const { return right.blocks * right.blocks * L * L * Planes; }
  Real* at(Index group, int plane, Index block, Index lane) const {  // of units, down
    Index blocks = right.blocks, width = right.width(group);
    return sums + (group * BROAD * Planes * blocks + (plane * blocks + block) * width) * L * L +
           lane * width * L;
  }
  template <int Width>
  void add_group(Index group, Packed<Real, Planes, 1> left, Index row) const {
    Index n = std::min(L, N), shares = (n + MOST<Width> - 1) / MOST<Width>;
    Soon nothing;
    for (int p = 0; p < Planes; p++)
      for (Index block = 0; block < left.blocks; block++)
        for (Index share = 0; share < shares; share++) {
          Index lane = n * share / shares, rows = n * (share + 1) / shares - lane;
          multiply_rows<Real, Along::rows, Width>(
              rows, left.at(block, p, row) + lane, 0, 0, right.rows, right.at(group, p), true,
              (Vector<Real>*)at(group, p, block, lane), nothing);
        }
  }
  void add(Packed<Real, Planes, 1> left, Index row) const {
    for (Index group = 0; group < right.groups(); group++)
      switch (right.width(group)) {
        case 3: add_group<3>(group, left, row); break;
        case 2: add_group<2>(group, left, row); break;
        default: add_group<1>(group, left, row);
      }
  }
  Numbers<Real> read(Index i, Index column) const {  // a block of row `i` of the gradient
    Index block = i / L, lane = i - first_of<Real>(block, N), group = column / BROAD;
    auto product = [&](int p) { return get(at(group, p, block, lane) + column % BROAD * L); };
    if constexpr (Planes == 1) return {product(0)};
    Vector<Real> p0 = product(0), p1 = product(1), p2 = product(2);
    return {p0 - p1, p2 - p0 - p1};
  }
};

// part: backward
template <class Real, int Planes> struct Backward : Sizes<Real> {
  const Real *gH, *g_last, *H, *inverse_m, *bias, *h0;
  Real *gx, *gh0;
  bool weight;
  Packed<Real, Planes, WIDE> W;

  struct Memory {
    Index steps;                   // of a chunk
    Packed<Real, Planes, 1> left;  // gradients of its steps, and of the one after it
    Real* bias;                    // sums, in blocks
    WeightGradient<Real, Planes> weight;
    Index size;                    // of all of it
  };
  Memory memory(Index count, Real* from) const {  // for so many sequences
    Index steps = std::min(this->T, std::max<Index>(1, CHUNK / count)), rows = steps * count;
    Memory m{steps, {nullptr, rows + count, this->blocks()}, nullptr, {}, 0};
    auto take = [&](Index size) {
      Real* start = from ? from + m.size : nullptr;
      m.size += size;
      return start;
    };
    m.left.data = take(m.left.size(rows + count, this->N));
    m.bias = take(this->blocks() * LANES<Real>);
    m.weight = {{nullptr, rows, this->blocks()}, nullptr, this->N};
    if (weight) m.weight.right.data = take(m.weight.right.size(rows, this->N));
    if (weight) m.weight.sums = take(m.weight.space());
    return m;
  }
  Index space(Index count) const { return memory(count, nullptr).size; }
};

template <class Real, int Planes>  // `count` sequences from `lo` on
void backward(Backward<Real, Planes> f, Index lo, Index count, Real* scratch) {
  constexpr Index L = LANES<Real>, P = PARTS<Planes>;
  Index row = P * f.N, n = f.lanes(), blocks = f.blocks();
  auto memory = f.memory(count, scratch);
  auto left = memory.left;
  auto weight = memory.weight;
  Real* sums = memory.bias;
  std::fill_n(sums, blocks * L, Real(0));
  if (f.weight) std::fill_n(weight.sums, weight.space(), Real(0));
  for (Index t = f.T - 1; t >= 0; t--) {
    Index now = t % memory.steps * count;  // where the rows of this step begin
    const Real* last = t == f.T - 1 ? f.g_last : nullptr;
    auto touch = [=](Index i, Index j, Soon& soon) {
      Index at = f.at(t, lo + i, j);
      if (f.gH) soon.add<WIDE * P * BYTES>(f.gH + P * at);
      soon.add<WIDE * P * BYTES>(f.H + P * at);
      soon.add<WIDE * P * BYTES>(f.gx + P * at);
      soon.add<WIDE * BYTES>(f.inverse_m + at);
    };
    auto finish = [=](Index block, Index from, Index to, auto product) {
      Index j = first_of<Real>(block, f.N), at = f.at(t, lo + from, j);
      const Real *h_at = f.H + P * at, *m_at = f.inverse_m + at;
      const Real* all_at = f.gH ? f.gH + P * at : nullptr;
      const Real* last_at = last ? last + P * f.at(0, lo + from, j) : nullptr;
      Real* gx_at = f.gx + P * at;
      Vector<Real> b = load<Real, 1>(f.bias + j, n).re, zero{}, sum{};
      for (Index i = from; i < to; i++, h_at += row, gx_at += row, m_at += f.N) {
        Numbers<Real> g = product(i), h = load<Real, Planes>(h_at, n), z;
        if (all_at) {
          g = g + load<Real, Planes>(all_at, n);
          all_at += row;
        }
        if (last_at) {
          g = g + load<Real, Planes>(last_at, n);
          last_at += row;
        }
        Vector<Real> over = load<Real, 1>(m_at, n).re, s = scale_of<Real>(b, over);
        auto dead = s <= zero;  // not of NaN; and 0 * NaN, below, is NaN
        Vector<Real> lifted = over / s, u = (g.re * h.re + g.im * h.im) * lifted;
        Vector<Real> c = b * over * lifted * u;
        z.re = dead ? 0 * g.re : s * g.re - c * h.re;
        z.im = dead ? 0 * g.im : s * g.im - c * h.im;
        sum += dead ? zero : u;
        left.put(block, now + i, z);
        store<Real, Planes>(gx_at, n, z);
      }
      *(Vector<Real>*)(sums + block * L) += sum;
    };
    if (t % memory.steps == memory.steps - 1)  // what the chunk after it begins with goes behind it
      for (Index block = 0; block < blocks; block++)
        for (int p = 0; p < Planes; p++)
          std::copy_n(left.at(block, p), count * L, left.at(block, p, memory.steps * count));
    sweep(left, now + count, count, f.W, t < f.T - 1 ? f.N : 0, f.N, touch, finish);
    if (f.weight && t % memory.steps == 0) {
      weight.right.rows = std::min(memory.steps, f.T - t) * count;
      for (Index k = 0; k < weight.right.rows; k++) {
        Index step = t + k / count, i = lo + k % count;
        const Real* h = step ? f.H + P * f.at(step - 1, i, 0) : f.h0 + P * f.at(0, i, 0);
        for (Index block = 0; block < blocks; block++) {
          Numbers<Real> z = load<Real, Planes>(h + P * first_of<Real>(block, f.N), n);
          weight.right.put(block, k, {z.re, -z.im});
        }
      }
      weight.add(left, now);
    }
  }
  auto nothing = [](Index, Index, Soon&) {};
  auto finish = [=](Index block, Index from, Index to, auto product) {
    for (Index i = from; i < to; i++)
      store<Real, Planes>(f.gh0 + P * f.at(0, lo + i, first_of<Real>(block, f.N)), n, product(i));
  };
  sweep(left, 0, count, f.W, f.N, f.N, nothing, finish);
}

// part: step
template <class Real, int Half, int... K>
inline Vector<Real> fold(Vector<Real> v, std::integer_sequence<int, K...> lanes) {
  v += SHUFFLE(v, v, (K ^ Half)...);
  if constexpr (Half > 1) return fold<Real, Half / 2>(v, lanes);
  return v;
}
template <class Real> inline Real sum_of(Vector<Real> v) {
  return fold<Real, LANES<Real> / 2>(v, Lanes<Real>{})[0];
}

template <class Real, int Planes>  // W h, for an h of n numbers; of a real h, the odd ones are 0
void multiply_vector(const Real* W, const Real* h, bool real, Real* out, Index N, Index n,
                     Real* scratch) {  // 4 n numbers and 2 vectors
  constexpr Index L = LANES<Real>, P = PARTS<Planes>, Rows = 4;
  Index length = P * n, whole = length / L * L, tail = std::max<Index>(length - L, 0);
  Real *one = scratch, *two = one + length + L;
  for (Index k = 0; k < n; k++) {  // Re(w h) = one . [Re w, Im w], Im(w h) = two . [Re w, Im w]
    Real re = real ? h[k] : h[P * k];
    one[P * k] = re;
    if constexpr (Planes == 3) {
      Real im = real ? 0 : h[2 * k + 1];
      one[2 * k + 1] = -im;
      two[2 * k] = im;
      two[2 * k + 1] = re;
    }
  }
  for (Index l = 0; l < L; l++) {  // behind them the last L numbers, without what comes before
    bool rest = whole <= tail + l && tail + l < length;
    one[length + l] = rest ? one[tail + l] : 0;
    two[length + l] = rest && Planes == 3 ? two[tail + l] : 0;
  }
  for (Index j = 0; j < N; j += Rows) {
    Vector<Real> a[Rows] = {}, b[Rows] = {};
    const Real* row[Rows];
    for (Index r = 0; r < Rows; r++) row[r] = W + std::min(j + r, N - 1) * length;
    auto add = [&](Index from, Index k, Index n) {
      Vector<Real> u = get(one + k), v = Planes == 3 ? get(two + k) : u;
      for (Index r = 0; r < Rows; r++) {
        Vector<Real> w = load<Real, 1>(row[r] + from, n).re;
        a[r] += w * u;
        if constexpr (Planes == 3) b[r] += w * v;
      }
    };
    for (Index k = 0; k < whole; k += L) add(k, k, L);
    if (whole < length) add(tail, length, std::min(L, length));
    for (Index r = 0; r < Rows && j + r < N; r++) {
      out[P * (j + r)] = sum_of<Real>(a[r]);
      if constexpr (Planes == 3) out[2 * (j + r) + 1] = sum_of<Real>(b[r]);
    }
  }
}

enum Input : Index { MAPPED, NUMBERS, REAL, SYMBOLS };  // V x, or what V is applied to

template <class Real, int Planes>  // of one sequence
void one_step(const void* input, Index kind, const Real* V, Index D, const Real* W,
              const Real* bias, const Real* h, Real* out, Index N, Real eps, Real* scratch) {
  constexpr Index L = LANES<Real>, P = PARTS<Planes>;
  Real *z = scratch, *mapped = z + P * N, *rest = mapped + P * N;
  const Real* x = kind == MAPPED ? (const Real*)input : mapped;
  if (kind == SYMBOLS) {
    const Real* column = V + P * *(const std::int64_t*)input;
    for (Index k = 0; k < N; k++, column += P * D)
      for (Index p = 0; p < P; p++) mapped[P * k + p] = column[p];
  } else if (kind != MAPPED) {
    multiply_vector<Real, Planes>(V, (const Real*)input, kind == REAL, mapped, N, D, rest);
  }
  multiply_vector<Real, Planes>(W, h, false, z, N, N, rest);
  for (Index block = 0, n = std::min(L, N); block < blocks_of<Real>(N); block++) {
    Index j = first_of<Real>(block, N);
    Numbers<Real> sum = load<Real, Planes>(z + P * j, n) + load<Real, Planes>(x + P * j, n);
    store<Real, Planes>(out + P * j, n, modrelu<Real>(sum, load<Real, 1>(bias + j, n).re, eps).h);
  }
}

template <class Real, int Planes>
void all_steps(const void* input, Index kind, const Real* V, Index D, const Real* W,
               const Real* bias, const Real* h, Real* out, Index B, Index N, Real eps,
               Real* scratch) {
  constexpr Index P = PARTS<Planes>;
  Index bytes = kind == SYMBOLS ? sizeof(std::int64_t)
                                : (kind == REAL ? D : P * (kind == MAPPED ? N : D)) * sizeof(Real);
  for (Index i = 0; i < B; i++)
    one_step<Real, Planes>((const char*)input + i * bytes, kind, V, D, W, bias, h + i * P * N,
                           out + i * P * N, N, eps, scratch);
}

// part: threads
template <class Work> void share(Index B, Index threads, Work work) {
  auto part = [&](Index k) { work(k, B * k / threads, B * (k + 1) / threads); };
  std::vector<std::thread> others;
  try {
    for (Index k = 1; k < threads; k++) others.emplace_back(part, k);
  } catch (...) {  // no thread or no memory to be had: this thread does the rest
  }
  part(0);
  for (Index k = Index(others.size()) + 1; k < threads; k++) part(k);
  for (auto& other : others) other.join();
}

inline Index most_of(Index B, Index threads) { return (B + threads - 1) / threads; }

template <class Real, int Planes>
Index space(bool back, bool weight, Sizes<Real> sizes, Index threads) {
  Index count = most_of(sizes.B, threads);
  Forward<Real, Planes> f{sizes, {}, {}, {}, {}, {}, {}, {}};
  Backward<Real, Planes> b{sizes, {}, {}, {}, {}, {}, {}, {}, {}, weight, {}};
  return f.W.size(sizes.N, sizes.N) + threads * (back ? b.space(count) : f.space(count));
}

template <class Real, int Planes>
void all_forward(Forward<Real, Planes> f, const Real* W, Real* scratch, Index threads) {
  f.W = {scratch, f.N, f.blocks()};
  pack(W, f.N, false, f.W);
  scratch += f.W.size(f.N, f.N);
  Index room = f.space(most_of(f.B, threads));
  share(f.B, threads, [=](Index k, Index lo, Index hi) {
    forward(f, lo, hi - lo, scratch + k * room);
  });
}

template <class Real, int Planes>
void all_backward(Backward<Real, Planes> f, const Real* W, Real* gW, Real* gb, Real* scratch,
                  Index threads) {
  constexpr Index L = LANES<Real>, P = PARTS<Planes>;
  Index N = f.N, room = f.space(most_of(f.B, threads));
  f.W = {scratch, N, f.blocks()};
  pack(W, N, true, f.W);
  scratch += f.W.size(N, N);
  share(f.B, threads, [=](Index k, Index lo, Index hi) {
    backward(f, lo, hi - lo, scratch + k * room);
  });
  auto total = f.memory(f.B / threads, scratch);  // of the first thread; the others are added
  for (Index k = 1; k < threads; k++) {
    auto more = f.memory(f.B * (k + 1) / threads - f.B * k / threads, scratch + k * room);
    for (Index l = 0; l < f.blocks() * L; l++) total.bias[l] += more.bias[l];
    for (Index l = 0; gW && l < total.weight.space(); l++)
      total.weight.sums[l] += more.weight.sums[l];
  }
  for (Index block = 0; block < f.blocks(); block++) {
    Index j = first_of<Real>(block, N);
    store<Real, 1>(gb + j, f.lanes(), {get(total.bias + block * L)});
    for (Index i = 0; gW && i < N; i++)
      store<Real, Planes>(gW + P * (i * N + j), f.lanes(), total.weight.read(i, block));
  }
}

}  // namespace

// part: entries
#define ENTRIES(NAME, Real, Planes)                                                               \
  extern "C" Index NAME##_space(Index back, Index weight, Index T, Index B, Index N,              \
                                Index threads) {                                                  \
    return space<Real, Planes>(back, weight, {T, B, N}, threads) * Index(sizeof(Real));           \
  }                                                                                               \
  extern "C" void NAME##_forward(const Real* x, const Real* W, const Real* bias, const Real* h0,  \
                                 Real* H, Real* inverse_m, Real* scratch, Index T, Index B,       \
                                 Index N, Index threads, double eps) {                            \
    all_forward<Real, Planes>({{T, B, N}, x, bias, h0, H, inverse_m, (Real)eps, {}}, W, scratch,  \
                              threads);                                                           \
  }                                                                                               \
  extern "C" void NAME##_backward(const Real* gH, const Real* g_last, const Real* H,              \
                                  const Real* inverse_m, const Real* W, const Real* bias,         \
                                  const Real* h0, Real* gx, Real* gW, Real* gb, Real* gh0,        \
                                  Real* scratch, Index T, Index B, Index N, Index threads) {      \
    all_backward<Real, Planes>(                                                                   \
        {{T, B, N}, gH, g_last, H, inverse_m, bias, h0, gx, gh0, gW != nullptr, {}}, W, gW, gb,   \
        scratch, threads);                                                                        \
  }                                                                                               \
  extern "C" void NAME##_step(const void* input, Index kind, const Real* V, Index D,              \
                              const Real* W, const Real* bias, const Real* h, Real* out,          \
                              Real* scratch, Index B, Index N, double eps) {                      \
    all_steps<Real, Planes>(input, kind, V, D, W, bias, h, out, B, N, (Real)eps, scratch);        \
  }
ENTRIES(float_real, float, 1)
ENTRIES(float_complex, float, 3)
ENTRIES(double_real, double, 1)
ENTRIES(double_complex, double, 3)
