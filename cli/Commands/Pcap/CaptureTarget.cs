namespace NetSniff.Cli.Commands.Pcap;

/// <summary>Where a capture file goes: standard output, or a file for the owner's eyes.</summary>
internal sealed class CaptureTarget : IDisposable
{
    private readonly Stream _stream;
    private readonly bool _isFile;

    /// <param name="path">Null for standard output.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public CaptureTarget(Terminal terminal, string? path)
    {
        _isFile = path is not null;
        if (path is null)
        {
            _stream = terminal.Output;
            return;
        }

        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _stream = new FileStream(path, options);
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        if (!_isFile) _stream.Flush();
    }

    public void Dispose()
    {
        if (_isFile) _stream.Dispose();
    }
}
