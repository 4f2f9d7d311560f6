using NetSniff.Fuzz.Captures;
using NetSniff.Sensor.Capture;

namespace NetSniff.Fuzz.Fuzzing;

/// <summary>What real traffic looks like: captures, and the connections and datagrams in them.</summary>
internal sealed class SeedLibrary
{
    private readonly List<LoadedCapture> _captures = [];
    private readonly List<Talk> _talks = [];
    private readonly List<Segment> _datagrams = [];

    /// <param name="paths">Captures to take apart, beside the handmade one.</param>
    /// <param name="captureBytesMax">Larger files are left out.</param>
    public SeedLibrary(IEnumerable<string> paths, int captureBytesMax = 256 << 10)
    {
        Add(new LoadedCapture("handmade", Handmade.Capture(), null));
        foreach (var path in paths)
        {
            if (new FileInfo(path).Length > captureBytesMax) continue;

            Paths.Add(path);
            try
            {
                Add(LoadedCapture.Read(path));
            }
            catch (CaptureException)
            {
                // What is no capture is a seed for the readers all the same.
            }
        }
    }

    public List<string> Paths { get; } = [];

    public IReadOnlyList<LoadedCapture> Captures => _captures;

    public IReadOnlyList<Talk> Talks => _talks;

    public IReadOnlyList<Segment> Datagrams => _datagrams;

    private void Add(LoadedCapture capture)
    {
        _captures.Add(capture);
        var segments = capture.Frames.Select(Segment.TryTake).OfType<Segment>().ToList();
        _talks.AddRange(Talk.Of(segments));
        _datagrams.AddRange(segments.Where(segment => !segment.IsTcp && segment.Payload.Length > 0));
    }
}
