using NetSniff.Fuzz.Fuzzing;

namespace NetSniff.Tests.Fuzz;

/// <summary>The fuzzer finds what there is to find, says how to do it again, and makes it small.</summary>
public sealed class FuzzLoopTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("netsniff-findings").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_failure_behind_three_steps_is_found_and_made_small()
    {
        using var target = new Lock();
        var found = new List<string>();
        var loop = new FuzzLoop([target], seed: 1, new Findings(_folder), watchdog: null, current: null)
        {
            Found = found.Add,
        };
        loop.Seed(new SeedLibrary([]));
        loop.RunCount(100_000);

        Assert.Single(found);
        var path = Assert.Single(Directory.GetFiles(_folder, "*.bin"));
        Assert.Equal("lock", Findings.TargetOf(path));
        var smallest = FuzzInput.Parse(File.ReadAllBytes(path));
        Assert.Equal([7, 77, 177], Assert.Single(smallest.Parts));
        Assert.Contains("make fuzz-replay FILE=", File.ReadAllText(Path.ChangeExtension(path, ".txt")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        Assert.Equal(Features(5), Features(5));

        static int Features(int seed)
        {
            using var target = new Lock();
            var loop = new FuzzLoop([target], seed, new Findings("unused"), watchdog: null, current: null);
            loop.Seed(new SeedLibrary([]));
            loop.RunCount(300);
            return loop.Lanes[0].Inputs.Sum(input => input.Parts.Sum(part => part.Sum(each => (int)each)));
        }
    }

    [Fact]
    public void Any_bytes_read_as_some_input_and_back()
    {
        var random = new Random(3);
        for (var round = 0; round < 500; round++)
        {
            var bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            var input = FuzzInput.Parse(bytes);
            Assert.Equal(input.Parts, FuzzInput.Parse(input.ToBytes()).Parts);
        }
    }

    /// <summary>Opens only for 7, 77, 177 in a row; each step is new ground.</summary>
    private sealed class Lock : FuzzTarget
    {
        public override string Name => "lock";

        public override int PartBytesMax => 8;

        public override IEnumerable<FuzzInput> Seeds(SeedLibrary library) => [FuzzInput.Flat([7, 2, 3])];

        public override void Run(FuzzInput input, Novelty novelty)
        {
            var bytes = input.Parts.Count > 0 ? input.Parts[0] : [];
            ReadOnlySpan<byte> wanted = [7, 77, 177];
            var step = 0;
            foreach (var each in bytes)
            {
                step = each == wanted[step] ? step + 1 : each == wanted[0] ? 1 : 0;
                novelty.Note((ulong)step);
                if (step == wanted.Length) throw new BrokenContractException("open");
            }
        }
    }
}
