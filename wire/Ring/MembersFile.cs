namespace NetSniff.Wire.Ring;

/// <summary>Members in a file that may be replaced at any time, as <see cref="MemberText"/> reads them.</summary>
/// <remarks>Read whole and used whole. One that cannot be used is told, and the last good list stays. The content is
/// looked at, not the time of the file: a ConfigMap's files are links that change their aim.</remarks>
public sealed class MembersFile : IMembership
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private IReadOnlyList<RingMember> _members = [];
    private string? _problem;
    private string? _seen;
    private long _lookedAt;

    public MembersFile(string path, TimeProvider? clock = null)
    {
        _path = path;
        _clock = clock ?? TimeProvider.System;
        Look();
    }

    public IReadOnlyList<RingMember> Members
    {
        get
        {
            LookNowAndThen();
            return _members;
        }
    }

    public string? Problem
    {
        get
        {
            LookNowAndThen();
            return _problem;
        }
    }

    private void LookNowAndThen()
    {
        lock (_lock)
        {
            if (_clock.GetElapsedTime(_lookedAt) >= s_lookEvery) Look();
        }
    }

    private void Look()
    {
        _lookedAt = _clock.GetTimestamp();
        try
        {
            var text = File.ReadAllText(_path);
            if (text == _seen) return;

            _seen = text;
            var members = MemberText.Parse(text, out var problem);
            _problem = problem is null ? null : $"{_path}: {problem}";
            if (members is not null) _members = members;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            (_problem, _seen) = (problem.Message, null);
        }
    }
}
