-- One database for each process that keeps something; made when the volume is new.
CREATE DATABASE svar_knowledge;
CREATE DATABASE svar_gateway;
CREATE DATABASE svar_trackers;
