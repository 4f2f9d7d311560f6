namespace NetSniff.Tests;

/// <summary>A folder of the test's own, gone with it.</summary>
/// <param name="parent">Where to make it, if that place is there.</param>
internal sealed class TemporaryFolder(string? parent = null) : IDisposable
{
    public string Path { get; } = parent is not null && Directory.Exists(parent)
        ? Directory.CreateDirectory(System.IO.Path.Combine(parent, $"netsniff-test-{Guid.NewGuid():n}")).FullName
        : Directory.CreateTempSubdirectory("netsniff-test-").FullName;

    public string this[params string[] parts] => System.IO.Path.Combine([Path, .. parts]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
