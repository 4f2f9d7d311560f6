using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using NetSniff.Flows;

namespace NetSniff.Tests.Flows;

public sealed class Sha1Tests
{
    [Fact]
    [SuppressMessage("Security", "CA5350", Justification = "The library's is what ours is held to.")]
    public void Every_length_of_one_block_hashes_as_the_library_does()
    {
        var message = new byte[Sha1.MessageSizeMax];
        new Random(5).NextBytes(message);
        var digest = new byte[Sha1.DigestSize];
        for (var length = 0; length <= message.Length; length++)
        {
            Sha1.Hash(message.AsSpan(0, length), digest);
            Assert.Equal(SHA1.HashData(message.AsSpan(0, length)), digest);
        }
    }
}
