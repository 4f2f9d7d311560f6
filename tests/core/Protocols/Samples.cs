using NetSniff.Protocols;
using NetSniff.Tests.Protocols.Quic;

namespace NetSniff.Tests.Protocols;

/// <summary>Conversations that every protocol is asked about: those of the captures beside the tests.</summary>
internal static class Samples
{
    private const int SharedFilesMax = 40;
    private const int SharedFileBytesMax = 200_000;
    private const int SampleBytesMax = 12 * 1024;

    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "core", "Protocols");

    public static IReadOnlyList<string> Captures { get; } =
    [
        .. Directory.EnumerateFiles(Folder, "*.pcap*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(Path.GetDirectoryName(path)) == "corpus")
            .Order(StringComparer.Ordinal),
    ];

    public static IReadOnlyList<Sample> All { get; } =
    [
        .. Captures.SelectMany(path => Sample.From(path, Name(path))).Concat(Crafted())
            .Where(sample => sample.Owner >= 0),
    ];

    public static IEnumerable<Sample> Streams => All.Where(sample => sample.Transport == Transport.Stream);

    public static IEnumerable<Sample> Datagrams => All.Where(sample => sample.Transport == Transport.Datagram);

    /// <summary>A draw from the captures beside the checkout, every so many of the smaller ones.</summary>
    public static List<Sample> Shared(Transport transport)
    {
        var root = Corpus.Need("dev");
        var files = Directory.EnumerateFiles(root, "*.pcap*", SearchOption.AllDirectories)
            .Where(path => new FileInfo(path).Length < SharedFileBytesMax)
            .Order(StringComparer.Ordinal)
            .ToList();
        var step = Math.Max(1, files.Count / SharedFilesMax);
        List<Sample> samples = [];
        for (var index = 0; index < files.Count; index += step)
        {
            var found = Sample.From(files[index], Path.GetFileName(files[index]))
                .Where(sample => sample.Transport == transport && sample.Owner >= 0
                    && sample.Said.Sum(said => said.Bytes.Length) <= SampleBytesMax);
            samples.AddRange(found.Take(2));
        }

        return samples;
    }

    /// <summary>The conversation that RFC 9001 appendix A shows.</summary>
    private static IEnumerable<Sample> Crafted()
    {
        var quic = QuicVectorTests.Datagrams;
        yield return new Sample(
            "Quic/rfc9001", Transport.Datagram, 40000, 443,
            [new Utterance(Direction.ToServer, quic[0]), new Utterance(Direction.ToClient, quic[1])]);
    }

    private static string Name(string path) =>
        $"{Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(path)))}/{Path.GetFileName(path)}";
}
