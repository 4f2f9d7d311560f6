using NetSniff.Fuzz.Captures;
using NetSniff.Fuzz.Matrix;
using NetSniff.Fuzz.Torture;

namespace NetSniff.Tests.Fuzz;

/// <summary>Damaged captures are read as far as they go. `make torture` and `make matrix` are the long ones.</summary>
public sealed class TortureTests
{
    private const int SamplesMax = 40;
    private const int SampleBytesMax = 24 << 10;

    [Fact]
    public void A_handmade_capture_cut_anywhere_and_flipped()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("netsniff-torture").FullName, "handmade.pcap");
        File.WriteAllBytes(path, LoadedCapture.ToPcap(Handmade.Capture()));
        var row = new TortureRow();
        TortureCommand.Torture(path, new TortureRun(), row, cutStep: 7);
        Assert.Empty(row.Failures);
        Assert.Equal(1, row.ReadWhole);
        Assert.True(row.CutsRead > 500);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Captures_that_were_broken_on_purpose()
    {
        Corpus.Need("dev", "malformed");
        var paths = CaptureFolders.OfCorpus("malformed")
            .Where(path => new FileInfo(path).Length < SampleBytesMax).ToList();
        var run = new TortureRun();
        var row = new TortureRow();
        for (var index = 0; index < paths.Count; index += Math.Max(1, paths.Count / SamplesMax))
        {
            TortureCommand.Torture(paths[index], run, row, cutStep: 4 * TortureCommand.CutStep);
        }

        Assert.Empty(row.Failures);
    }
}
