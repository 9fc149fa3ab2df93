"""One end of a connection in its parts: what is sent, framed, heard and waited for."""
