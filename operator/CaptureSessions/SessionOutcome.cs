using System.Globalization;
using NetSniff.Wire.V1;

namespace NetSniff.Operator.CaptureSessions;

/// <summary>What came of a session: its files, and what is missing in all of them together.</summary>
/// <param name="nodes">That its pods were on, where each gets a file.</param>
public sealed class SessionOutcome(IReadOnlyList<string> nodes)
{
    private readonly List<KeptFile> _files = [];
    private readonly HashSet<string> _absent = new(StringComparer.Ordinal);

    public IReadOnlyList<KeptFile> Files => _files;

    public Completeness Completeness { get; } = new();

    public long Packets => _files.Sum(static file => (long)file.Packets);

    public long Bytes => _files.Sum(static file => (long)file.Bytes);

    /// <summary>`7 packets, 100 bytes`.</summary>
    public string Words
    {
        get
        {
            var files = _files.Count == 1 ? "" : $" in {_files.Count} files";
            var left = nodes.Count - SessionPlan.FilesMax;
            var rest = _files.Count > 1 && left > 0 ? $"; {left} more nodes have no file" : "";
            return string.Create(CultureInfo.InvariantCulture, $"{Packets} packets, {Bytes} bytes{files}{rest}");
        }
    }

    public void Add(KeptFile file, Completeness lack)
    {
        ArgumentNullException.ThrowIfNull(lack);
        _files.Add(file);
        Completeness.Sensors += lack.Sensors;
        Completeness.IsCut |= lack.IsCut;
        Completeness.AbsentSensors.Add(lack.AbsentSensors);
        Completeness.Losses.Add(lack.Losses);
        // Workers are the same for all files, and so is most that is to be noted.
        Completeness.Absent.Add(lack.Absent.Where(one => _absent.Add(one.Worker)));
        Completeness.Notes.Add(lack.Notes.Except(Completeness.Notes).ToList());
    }

    /// <summary>A node that should have had a file.</summary>
    public void Miss(string node, string why)
    {
        Completeness.Sensors++;
        Completeness.AbsentSensors.Add(new Absence { Worker = node, Why = why });
    }
}
