using System.Globalization;
using System.Text;
using NetSniff.Wire.V1;

namespace NetSniff.Sensor.Export;

/// <summary>Batches that a worker may hold and that went to others: on disk before they go, told when the worker is
/// ever back.</summary>
/// <remarks>A text file, written whole: `worker lane sequence …` on a line. Any thread.</remarks>
internal sealed class RetractionList
{
    private const string FileName = "retractions";

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly SortedDictionary<(string Worker, string Lane), SortedSet<ulong>> _sequences = [];

    /// <exception cref="IOException">What is there cannot be read.</exception>
    public RetractionList(string folder)
    {
        _path = Path.Combine(folder, FileName);
        if (File.Exists(_path)) Read(File.ReadLines(_path));
    }

    public IReadOnlyList<Retraction> Of(string worker)
    {
        lock (_lock)
        {
            return [.. _sequences.Where(entry => entry.Key.Worker == worker).Select(entry =>
            {
                var retraction = new Retraction { Lane = entry.Key.Lane };
                retraction.Sequences.AddRange(entry.Value);
                return retraction;
            })];
        }
    }

    /// <summary>The largest sequence of a lane that the worker will be told to forget; 0 for none.</summary>
    public ulong Last(string worker, string lane)
    {
        lock (_lock) return _sequences.TryGetValue((worker, lane), out var known) ? known.Max : 0;
    }

    /// <summary>Adds a range, on disk when this returns.</summary>
    /// <exception cref="IOException">It cannot be written; nothing was added.</exception>
    public void Add(string worker, string lane, IEnumerable<ulong> sequences)
    {
        lock (_lock)
        {
            var before = _sequences.TryGetValue((worker, lane), out var known) ? known : null;
            var after = new SortedSet<ulong>(before ?? []);
            after.UnionWith(sequences);
            if (after.Count == (before?.Count ?? 0)) return;

            _sequences[(worker, lane)] = after;
            try
            {
                Write();
            }
            catch
            {
                if (before is null) _sequences.Remove((worker, lane));
                else _sequences[(worker, lane)] = before;
                throw;
            }
        }
    }

    /// <summary>The worker has written them down.</summary>
    public void Forget(string worker)
    {
        lock (_lock)
        {
            var lanes = _sequences.Keys.Where(key => key.Worker == worker).ToList();
            if (lanes.Count == 0) return;

            foreach (var lane in lanes) _sequences.Remove(lane);
            try
            {
                Write();
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                // Told twice is as good as told once.
            }
        }
    }

    private void Read(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var words = line.Split(' ');
            if (words.Length < 3) throw new IOException($"{_path} is damaged");

            _sequences[(words[0], words[1])] =
                [.. words.Skip(2).Select(word => ulong.Parse(word, NumberStyles.None, CultureInfo.InvariantCulture))];
        }
    }

    private void Write()
    {
        var text = new StringBuilder();
        foreach (var ((worker, lane), sequences) in _sequences)
        {
            text.Append(CultureInfo.InvariantCulture, $"{worker} {lane} {string.Join(' ', sequences)}\n");
        }

        using (var file = new FileStream(_path + ".new", FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.ASCII.GetBytes(text.ToString()));
            file.Flush(flushToDisk: true);
        }

        File.Move(_path + ".new", _path, overwrite: true);
    }
}
